import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { systemClock } from '../../src/core/clock.js';
import { Engine, parseLoadOptions, type EngineDeps, type LoadFlags, type Plan } from '../../src/loadgen/index.js';
import type { SampleBatch } from '../../src/loadgen/metric/sample-batch.js';
import type { ThresholdRecord } from '../../src/run-file/records.js';
import { LoadTarget } from '../support/load-target.js';

/** Threads cannot run TypeScript. */
const THREAD_ENTRY = new URL('../../dist/loadgen/thread/worker.js', import.meta.url);
const FLOOD = ['hello', 'routine message', 'routine message', 'something else'];

function flood(socket: WebSocket, target: LoadTarget): void {
  for (const text of FLOOD) target.send(socket, text);
}

describe('Engine', () => {
  let target: LoadTarget;

  beforeEach(async () => {
    target = new LoadTarget(flood);
    await target.start();
  });

  afterEach(async () => target.stop());

  function plan(flags: LoadFlags): Plan {
    return parseLoadOptions({ url: target.url, gracefulStop: '0s', ...flags }, {});
  }

  function engine(flags: LoadFlags, deps: Partial<EngineDeps> = {}): Engine {
    return new Engine(plan(flags), { clock: systemClock, version: '1.2.3', threadEntry: THREAD_ENTRY, ...deps });
  }

  it('counts the same with several threads, whose virtual users have their own numbers and randomness', async () => {
    const run = await engine({ vus: '5', duration: '1500ms', seed: '2', threads: '3' }).run();
    const { totals } = run.end;
    expect(run.header.threads).toBe(3);
    expect(totals.counters).toMatchObject({ ws_sessions: 5, ws_msgs_received: 5 * FLOOD.length });
    expect(totals.iterations).toEqual({ complete: 0, interrupted: 5 });
    expect(totals.checks).toEqual([{ name: 'data is correct', group: '', passes: 15, fails: 5 }]);
    expect(totals.gauges).toEqual({ vus: { value: 5, min: 5, max: 5 }, vus_max: { value: 5, min: 5, max: 5 } });
    expect(totals.trends['ws_connecting']?.histograms.response?.count).toBe(5);
    expect(totals.counters['ws_msgs_sent']).toBe(target.counts.received);
    const seconds = run.seconds.map(({ second }) => second);
    expect(seconds).toEqual(seconds.map((_, index) => index));
    expect(run.seconds.reduce((sum, { counters }) => sum + (counters['ws_sessions'] ?? 0), 0)).toBe(5);
  });

  it('ends with the reason when one of its threads crashes, and keeps what the others recorded', async () => {
    const script = `
      import { workerData } from 'node:worker_threads';
      if (workerData.shard.index === 1) {
        const { parentPort } = await import('node:worker_threads');
        parentPort.postMessage({ type: 'ready' });
        new BroadcastChannel('crash').onmessage = () => { throw new Error('out of luck'); };
      } else await import(${JSON.stringify(THREAD_ENTRY.href)});`;
    const threadEntry = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
    const crash = new BroadcastChannel('crash');
    let received = 0;
    const takeSamples = ({ series, indexes }: SampleBatch): void => {
      for (const index of indexes) if (series[index]?.definition.name === 'ws_msgs_received') received += 1;
      if (received === 2 * FLOOD.length) crash.postMessage('now');
    };
    const crashing = engine({ vus: '4', duration: '60s', threads: '2' }, { threadEntry, takeSamples });
    const run = await crashing.run();
    crash.close();
    expect(run.end).toMatchObject({ reason: 'failed', detail: 'a load thread crashed: out of luck' });
    expect(crashing.failure).toMatchObject({ code: 'thread.crashed' });
    expect(run.end.totals.counters).toMatchObject({ ws_sessions: 2, ws_msgs_received: 2 * FLOOD.length });
    expect(run.end.totals.iterations).toEqual({ complete: 0, interrupted: 2 });
  });

  it('keeps what a thread recorded in the second in which it crashes', async () => {
    const script = `
      import { workerData } from 'node:worker_threads';
      if (workerData.shard.index === 1) new BroadcastChannel('late crash').onmessage = () => { throw new Error('out of luck'); };
      await import(${JSON.stringify(THREAD_ENTRY.href)});`;
    const threadEntry = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
    const crash = new BroadcastChannel('late crash');
    let received = 0;
    const takeSamples = ({ series, indexes }: SampleBatch): void => {
      for (const index of indexes) if (series[index]?.definition.name === 'ws_msgs_received') received += 1;
      if (received === 4 * FLOOD.length) crash.postMessage('now');
    };
    const run = await engine({ vus: '4', duration: '60s', threads: '2' }, { threadEntry, takeSamples }).run();
    crash.close();
    expect(run.end).toMatchObject({ reason: 'failed', detail: 'a load thread crashed: out of luck' });
    expect(run.end.totals.counters).toMatchObject({ ws_sessions: 4, ws_msgs_received: 4 * FLOOD.length });
  });

  it('counts what the target counts: sessions, messages both ways, checks, interrupted iterations', async () => {
    const progress: number[] = [];
    const run = await engine(
      { vus: '5', duration: '3s', seed: '2' },
      { gatewayUrls: [target.httpUrl], observer: { progressed: ({ activeVus }) => progress.push(activeVus) } },
    ).run();
    const { totals, gateway, reason, detail } = run.end;
    const received = 5 * FLOOD.length;
    expect(reason).toBe('finished');
    expect(detail).toBeUndefined();
    expect(totals.counters).toMatchObject({ ws_sessions: 5, ws_msgs_received: received });
    expect(totals.counters['iterations']).toBeUndefined();
    expect(totals.iterations).toEqual({ complete: 0, interrupted: 5 });
    expect(totals.checks).toEqual([{ name: 'data is correct', group: '', passes: 15, fails: 5 }]);
    expect(totals.gauges).toEqual({ vus: { value: 5, min: 5, max: 5 }, vus_max: { value: 5, min: 5, max: 5 } });
    expect(totals.trends['ws_connecting']).toMatchObject({ count: 5 });
    expect(totals.trends['ws_connecting']?.histograms.response?.count).toBe(5);
    expect(target.counts.received).toBeGreaterThan(0);
    expect(totals.counters['ws_msgs_sent']).toBe(target.counts.received);
    expect(gateway).toMatchObject({ sent: received, received: target.counts.received, dropped: 0 });
    // The engine's own check of the target is one more session.
    expect(target.counts.sessions).toBe(6);
    await expect.poll(() => target.closeCodes.toSorted((a, b) => a - b)).toEqual([1000, 1001, 1001, 1001, 1001, 1001]);
    expect(Math.max(...progress)).toBe(5);
    expect(progress.at(-1)).toBe(0);
  });

  it('writes every record to its sink in order, and the seconds add up to the totals', async () => {
    const kinds: string[] = [];
    const sink = {
      writeHeader: () => kinds.push('header'),
      writeSecond: () => kinds.push('second'),
      writeHistogram: () => kinds.push('histogram'),
      writeSketch: () => kinds.push('sketch'),
      writeHealth: () => kinds.push('health'),
      writeGateway: () => kinds.push('gateway'),
      writeEvent: () => kinds.push('event'),
      writeThreshold: () => kinds.push('threshold'),
      writeEnd: () => kinds.push('end'),
    };
    const run = await engine({ vus: '3', duration: '1200ms' }, { sink }).run();
    expect(kinds[0]).toBe('header');
    expect(kinds.at(-1)).toBe('end');
    expect(kinds.filter((kind) => kind === 'second')).toHaveLength(2);
    expect(kinds).toContain('histogram');
    const sum = run.seconds.reduce((total, second) => total + (second.counters['ws_msgs_received'] ?? 0), 0);
    expect(sum).toBe(run.end.totals.counters['ws_msgs_received']);
    expect(run.health.map((health) => health.second)).toEqual([0, 1]);
    expect(run.header).toMatchObject({ version: '1.2.3', vus: 3, threads: 1, durationMs: 1200, scenario: 'snapshot' });
    expect(run.header.description).toEqual(['default: 3 looping VUs for 1.2s (gracefulStop: 0s)']);
  });

  it('ends at a threshold with abortOnFail, and records the result of each threshold', async () => {
    const written: ThresholdRecord[] = [];
    const judged: Plan = {
      ...plan({ vus: '2', duration: '30s' }),
      tags: { of: 'run' },
      thresholds: [
        { series: 'checks', expression: 'rate>0.9', abortOnFail: true, delayAbortMs: 1500 },
        {
          series: 'ws_msgs_received{of:run,scenario:default}',
          expression: 'count==8',
          abortOnFail: false,
          delayAbortMs: 0,
        },
        { series: 'ws_msgs_received{scenario:other}', expression: 'count>0', abortOnFail: false, delayAbortMs: 0 },
      ],
      submetrics: ['ws_msgs_received{of:run,scenario:default}', 'ws_msgs_received{scenario:other}'],
    };
    const sink = {
      writeHeader: () => undefined,
      writeSecond: () => undefined,
      writeHistogram: () => undefined,
      writeSketch: () => undefined,
      writeHealth: () => undefined,
      writeGateway: () => undefined,
      writeEvent: () => undefined,
      writeThreshold: (record: ThresholdRecord) => written.push(record),
      writeEnd: () => undefined,
    };
    const deps = { clock: systemClock, version: '1.2.3', threadEntry: THREAD_ENTRY, sink };
    const run = await new Engine(judged, deps).run();
    expect(run.end.reason).toBe('thresholds-crossed');
    expect(run.seconds).toHaveLength(3);
    expect(run.thresholds).toEqual([
      expect.objectContaining({ series: 'checks', ok: false, aborted: true, value: 0.75 }),
      expect.objectContaining({ expression: 'count==8', ok: true, aborted: false, value: 8 }),
      expect.objectContaining({ expression: 'count>0', ok: false, aborted: false, value: null }),
    ]);
    expect(written).toEqual(run.thresholds);
    expect(run.events).toContainEqual(expect.objectContaining({ kind: 'interruption' }));
  });

  it('completes exactly the requested iterations', async () => {
    const closing = new LoadTarget((socket) => socket.close(1000));
    await closing.start();
    const run = await engine({ url: closing.url, vus: '4', iterations: '25' }).run();
    await closing.stop();
    expect(run.end.totals.iterations).toEqual({ complete: 25, interrupted: 0 });
    expect(run.end.totals.counters).toMatchObject({ iterations: 25, ws_sessions: 25 });
    expect(run.end.totals.trends['iteration_duration']).toMatchObject({ count: 25 });
    expect(run.end.totals.checks).toEqual([{ name: 'status is 101', group: '', passes: 25, fails: 0 }]);
    expect(run.end.detail).toContain('nothing was received');
    expect(closing.counts.sessions).toBe(26);
  });

  it('interrupts its sessions cleanly when it is stopped', async () => {
    const engineUnderTest = engine(
      { vus: '2', duration: '1m' },
      // Waits for open sessions, because an active virtual user may not have one yet.
      { observer: { secondEnded: () => engineUnderTest.stop() } },
    );
    const run = await engineUnderTest.run();
    expect(run.end).toMatchObject({
      reason: 'stopped-by-signal',
      totals: { iterations: { complete: 0, interrupted: 2 } },
    });
    await expect.poll(() => target.closeCodes).toEqual([1000, 1001, 1001]);
    expect(run.events.map(({ kind }) => kind)).toContain('interruption');
  });

  it('keeps the completed seconds when it is cut', async () => {
    const cuts: Promise<void>[] = [];
    const engineUnderTest = engine(
      { vus: '2', duration: '1m' },
      { observer: { secondEnded: () => void cuts.push(engineUnderTest.cut()) } },
    );
    const run = await engineUnderTest.run();
    await Promise.all(cuts);
    expect(run.end.reason).toBe('cut-by-signal');
    expect(run.end.totals.counters['ws_msgs_received']).toBe(2 * FLOOD.length);
  });

  it('ends with what was recorded and the reason when its thread crashes', async () => {
    const script = `
      import { parentPort } from 'node:worker_threads';
      const metrics = { counters: { ws_msgs_received: 7 }, gauges: {}, rates: {}, trends: {}, checks: [], histograms: [], sketches: [] };
      const health = { eventLoopUse: 0.1, scheduleLag: { count: 0, p50: 0, p99: 0, max: 0 }, gcMs: 0 };
      parentPort.postMessage({ type: 'second', second: 0, elapsedMs: 1000, metrics, health, load: { backlogBytes: 0 } });
      setImmediate(() => { throw new Error('out of luck'); });
    `;
    const threadEntry = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
    const crashing = engine({ vus: '1' }, { threadEntry });
    const run = await crashing.run();
    const message = 'a load thread crashed: out of luck';
    expect(run.end).toMatchObject({ reason: 'failed', detail: message, totals: { durationMs: 1000 } });
    expect(run.end.totals.counters['ws_msgs_received']).toBe(7);
    expect(crashing.failure).toMatchObject({ code: 'thread.crashed', message });
  });

  it('names a refused connection, an unknown host and a refused upgrade before anything runs', async () => {
    const refused = engine({ url: target.url.replace('/connect', '/refused') });
    await expect(refused.run()).rejects.toMatchObject({
      code: 'target.unreachable',
      message: expect.stringContaining('responded with 403 instead of 101'),
    });
    const closed = new LoadTarget();
    await closed.start();
    const { url } = closed;
    await closed.stop();
    await expect(engine({ url }).run()).rejects.toMatchObject({
      code: 'target.unreachable',
      message: expect.stringContaining('connection refused'),
      hint: expect.stringContaining('wsg devhelpers'),
    });
    await expect(engine({ url: 'ws://no-such-host.invalid/' }).run()).rejects.toMatchObject({
      code: 'target.unreachable',
      message: expect.stringContaining('no-such-host.invalid'),
    });
  });
});
