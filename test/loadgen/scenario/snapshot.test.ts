import { afterEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { systemClock, type Clock } from '../../../src/core/clock.js';
import { createDialTarget } from '../../../src/loadgen/client/dial-target.js';
import { BuiltInMetrics } from '../../../src/loadgen/metric/built-in-metrics.js';
import { drainMetrics } from '../../../src/loadgen/metric/drain-metrics.js';
import { CheckRecorder } from '../../../src/loadgen/metric/check-recorder.js';
import { NO_TAGS } from '../../../src/loadgen/metric/series.js';
import { SeriesRegistry } from '../../../src/loadgen/metric/series-registry.js';
import { OpenConnections } from '../../../src/loadgen/scenario/open-connections.js';
import { SnapshotScenario } from '../../../src/loadgen/scenario/snapshot.js';
import { LoadTarget } from '../../support/load-target.js';

const TICKET = { dueMs: 0, iterationInTest: 0, iterationInInstance: 0 };

/** The machine's clock, run fast: 1 s of the scenario takes 10 ms. */
const SPEED = 100;
const fastClock: Clock = {
  now: () => systemClock.now() * SPEED,
  wallNow: () => systemClock.wallNow(),
  schedule: (task, delayMs) => systemClock.schedule(task, delayMs / SPEED),
};

describe('the snapshot scenario', () => {
  let target: LoadTarget | undefined;

  afterEach(async () => target?.stop());

  async function setUp(opened: (socket: WebSocket, target: LoadTarget) => void, clock = fastClock) {
    target = new LoadTarget(opened);
    await target.start();
    const registry = new SeriesRegistry();
    const metrics = new BuiltInMetrics(registry);
    const connections = new OpenConnections();
    const checks = (name: string) => new CheckRecorder(registry.check(name), metrics.checks.total);
    const dial = createDialTarget(target.url);
    const context = {
      clock,
      readBuffer: Buffer.alloc(65_536),
      targets: { of: () => dial },
      metrics: metrics.bindSession(NO_TAGS),
      connections,
    };
    const user = new SnapshotScenario(context, checks, 1).createUser(1);
    return { target, user, connections, drain: () => drainMetrics(registry) };
  }

  it('pings and says hello at its interval, closes by itself with 1001, and checks the status', async () => {
    const { target: peer, user, connections, drain } = await setUp(() => undefined);
    expect(await user.iterate(TICKET)).toBe(true);
    await connections.empty(systemClock);
    const { counters, checks, trends, histograms } = drain();
    expect(counters).toMatchObject({ ws_sessions: 1, ws_msgs_sent: peer.counts.received });
    expect(peer.counts.received).toBeGreaterThan(0);
    expect(peer.counts.pings).toBe(peer.counts.received);
    await expect.poll(() => peer.closeCodes).toEqual([1001]);
    expect(checks).toEqual([{ name: 'status is 101', group: '', passes: 1, fails: 0 }]);
    expect(trends['ws_session_duration']?.count).toBe(1);
    expect(trends['ws_connecting']?.count).toBe(1);
    const pingKinds = histograms.filter((histogram) => histogram.series === 'ws_ping').map(({ kind }) => kind);
    expect(pingKinds).toEqual(['response', 'service', 'lag']);
  });

  it('checks every message by its bytes', async () => {
    const texts = ['hello', 'routine message', 'routine messagE', 'hell', 'hello!', '', 'routine message'];
    const { user, connections, drain } = await setUp((socket, peer) => {
      for (const text of texts) peer.send(socket, text);
    });
    await user.iterate(TICKET);
    await connections.empty(systemClock);
    const { counters, rates, checks } = drain();
    expect(counters['ws_msgs_received']).toBe(texts.length);
    expect(checks.find((check) => check.name === 'data is correct')).toMatchObject({ passes: 3, fails: 4 });
    expect(rates['checks']).toEqual({ passes: 4, fails: 4 });
  });

  it('ends with its session when the server closes it, and sends nothing after', async () => {
    const { user, drain } = await setUp((socket) => socket.close(1000), systemClock);
    expect(await user.iterate(TICKET)).toBe(true);
    expect(drain().counters['ws_msgs_sent']).toBeUndefined();
  });

  it('counts a failed dial as a session with a connecting time and a failed check', async () => {
    const { target: peer, user, drain } = await setUp(() => undefined);
    await peer.stop();
    target = undefined;
    expect(await user.iterate(TICKET)).toBe(true);
    const { counters, trends, checks } = drain();
    expect(counters).toMatchObject({ ws_sessions: 1 });
    expect(trends['ws_connecting']?.count).toBe(1);
    expect(checks).toEqual([{ name: 'status is 101', group: '', passes: 0, fails: 1 }]);
  });

  it('waits for a second after a failed dial, or until it is interrupted', async () => {
    const { target: peer, user } = await setUp(() => undefined);
    await peer.stop();
    target = undefined;
    const startedAt = fastClock.now();
    await user.iterate(TICKET);
    // Timers may fire a fraction of a real millisecond early, which is 100 of the fast clock's.
    expect(fastClock.now() - startedAt).toBeGreaterThanOrEqual(900);
    const iterated = user.iterate(TICKET);
    const interrupting = setInterval(() => user.interrupt(), 1);
    expect(typeof (await iterated)).toBe('boolean');
    clearInterval(interrupting);
  });

  it('closes an interrupted session with 1001, without duration and check', async () => {
    const {
      target: peer,
      user,
      connections,
      drain,
    } = await setUp((socket) => {
      socket.on('message', () => user.interrupt());
    });
    expect(await user.iterate(TICKET)).toBe(false);
    await connections.empty(systemClock);
    const { counters, trends, checks } = drain();
    expect(trends['ws_session_duration']).toBeUndefined();
    expect(checks).toEqual([]);
    expect(peer.counts.sessions).toBe(1);
    expect(counters['data_received']).toBeGreaterThan(0);
  });

  it('counts the bytes of the socket exactly once, during and after the session', async () => {
    const { user, connections, drain } = await setUp((socket) => socket.send('hello'));
    const iteration = user.iterate(TICKET);
    const counting = setInterval(() => connections.countBytes(), 5);
    await iteration;
    await connections.empty(systemClock);
    clearInterval(counting);
    const { counters } = drain();
    const pings = Array.from({ length: counters['ws_msgs_sent'] ?? 0 }, (_, index) => String(index + 1));
    const pongBytes = pings.reduce((sum, payload) => sum + 2 + payload.length, 0);
    // The answer's head, one message, a pong for each ping, the answer to the close.
    expect(counters['data_received']).toBe(129 + 7 + pongBytes + 4);
  });
});
