import { readFile, writeFile, truncate, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { prepareMerge } from '../../../src/report/merge/merge-runs.js';
import { readRun, RunFileWriter } from '../../../src/run-file/index.js';
import type { HealthVerdict, Run, RunEnd, RunHeader } from '../../../src/run-file/records.js';
import { histogramOf, sampleHeader, sampleHealth } from '../../support/sample-run.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const START = Date.parse('2026-11-30T12:00:00Z');
const SECONDS = 4;
const PLAN = {
  thresholds: [{ series: 'iterations', expression: 'count<100', abortOnFail: false, delayAbortMs: 0 }],
};

/** Differences between the shards of a test. */
interface Shard {
  readonly header?: Partial<RunHeader>;
  readonly startMs?: number;
  readonly health?: HealthVerdict;
  readonly gauge?: { readonly value: number; readonly at: number };
  readonly end?: Partial<RunEnd>;
}

let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});

/** Writes the run of one shard: 4 s with 15 iterations each. */
async function writeShard(index: number, count: number, shard: Shard = {}): Promise<string> {
  const { header, startMs = 0, health = 'healthy', gauge, end } = shard;
  const path = join(folder, `shard-${index}.run`);
  const writer = await RunFileWriter.create(path);
  const description = ['default: 8 looping VUs for 4s'];
  writer.writeHeader(
    sampleHeader({
      startedAt: new Date(START + startMs).toISOString(),
      plan: PLAN,
      vus: 2,
      segment: {
        text: `${index - 1}/${count}:${index}/${count}`,
        period: count,
        from: index - 1,
        to: index,
        description,
      },
      shard: { index, count },
      ...header,
    }),
  );
  for (let second = 0; second < SECONDS; second += 1) {
    writer.writeSecond({
      second,
      elapsedMs: (second + 1) * 1000,
      counters: { iterations: 15 },
      gauges: gauge === undefined ? {} : { level: { ...gauge, min: gauge.value, max: gauge.value } },
      rates: {},
      trends: { ws_rtt: { count: 1, min: index, max: index, sum: index } },
      checks: [],
    });
    writer.writeHistogram({ series: 'ws_rtt', kind: 'response', second, histogram: histogramOf([index]) });
    writer.writeHealth(sampleHealth(second, { verdict: health, begun: 10, planned: 11 }));
  }
  writer.writeEvent({ elapsedMs: 1500, kind: 'stall', text: 'an action ran late' });
  const response = histogramOf(Array.from({ length: SECONDS }, () => index));
  writer.writeEnd({
    reason: 'finished',
    health: { verdict: health, reasons: health === 'healthy' ? [] : ['it was busy'], saturatedSeconds: [] },
    totals: {
      durationMs: SECONDS * 1000,
      counters: { iterations: 15 * SECONDS },
      gauges: {},
      rates: {},
      trends: { ws_rtt: { count: SECONDS, min: index, max: index, sum: index * SECONDS, histograms: { response } } },
      checks: [],
      iterations: { complete: 15 * SECONDS, interrupted: index },
    },
    ...end,
  });
  await writer.close();
  return path;
}

async function merge(paths: readonly string[], allowsMissing = false): Promise<Run> {
  const path = join(folder, 'merged.run');
  const writer = await RunFileWriter.create(path);
  await (await prepareMerge(paths, { allowsMissing })).write(writer);
  await writer.close();
  return readRun(path);
}

async function problemsOf(paths: readonly string[]): Promise<unknown> {
  return prepareMerge(paths, { allowsMissing: true }).then(
    () => [],
    (error: unknown) => error,
  );
}

const writeAll = (count: number, shards: readonly Shard[] = []): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, (_, place) => writeShard(place + 1, count, shards[place])));

describe('the run that is merged from shards', () => {
  it('is the run of the whole plan, in whatever order the files are given', async () => {
    const paths = await writeAll(4);
    const { header, end, seconds, events, complete } = await merge(paths.toReversed());
    expect(complete).toBe(true);
    expect(header).toMatchObject({ vus: 8, threads: 4, description: ['default: 8 looping VUs for 4s'] });
    expect(header).not.toHaveProperty('segment');
    expect(header).not.toHaveProperty('share');
    expect(header.shards?.map(({ index, segment }) => `${index} ${segment}`)).toEqual([
      '1 0/4:1/4',
      '2 1/4:2/4',
      '3 2/4:3/4',
      '4 3/4:4/4',
    ]);
    expect(seconds.map(({ counters }) => counters['iterations'])).toEqual([60, 60, 60, 60]);
    expect(end).toMatchObject({
      reason: 'finished',
      totals: { durationMs: 4000, iterations: { complete: 240, interrupted: 10 }, counters: { iterations: 240 } },
    });
    expect(end.totals.trends['ws_rtt']).toMatchObject({ count: 16, min: 1, max: 4, sum: 40 });
    expect(end.totals.trends['ws_rtt']?.histograms.response?.count).toBe(16);
    expect(end).not.toHaveProperty('invalid');
    expect(events).toContainEqual({ elapsedMs: 1500, kind: 'stall', text: 'shard 3: an action ran late' });
  });

  it('judges thresholds on the totals', async () => {
    const { thresholds } = await merge(await writeAll(2));
    expect(thresholds).toMatchObject([{ series: 'iterations', value: 120, ok: false }]);
  });

  it('has the health of the worst shard, which it names', async () => {
    const { end, health } = await merge(await writeAll(3, [{}, { health: 'strained' }]));
    expect(end.health).toMatchObject({ verdict: 'strained', reasons: ['shard 2: it was busy'], shard: 2 });
    expect(health[0]).toMatchObject({ verdict: 'strained', shard: 2, begun: 30, planned: 33 });
  });

  it('has the latest value of a gauge that is not a sum', async () => {
    const gauges = [3, 9, 5].map((value, place) => ({ gauge: { value, at: START + ([20, 30, 10][place] ?? 0) } }));
    const { end, seconds } = await merge(await writeAll(3, gauges));
    for (const { gauges: found } of [...seconds, end.totals]) {
      expect(found['level']).toEqual({ value: 9, min: 3, max: 9, at: START + 30 });
    }
  });

  it('ends for the weightiest reason of any shard', async () => {
    const { end } = await merge(await writeAll(3, [{}, { end: { reason: 'failed', detail: 'it broke' } }]));
    expect(end).toMatchObject({ reason: 'failed', detail: expect.stringMatching(/^shard 2 \(.*\): it broke$/) });
  });

  it('has the counts of the gateway from the first start to the last end', async () => {
    const view = (from: number, to: number): Shard => {
      const before = { sent: from, received: 2, dropped: 0 };
      return { end: { gateway: { sent: to - from, received: 3, dropped: 0, before } } };
    };
    const { end } = await merge(await writeAll(3, [view(100, 170), view(90, 150), view(110, 200)]));
    const before = { sent: 90, received: 2, dropped: 0 };
    expect(end.gateway).toEqual({ sent: 110, received: 3, dropped: 0, before });
  });

  it('has the largest counts of the gateway where a shard does not have those of its start', async () => {
    const before = { sent: 100, received: 2, dropped: 0 };
    const small = { sent: 70, received: 3, dropped: 0, before };
    const bare = { sent: 80, received: 3, dropped: 0 };
    const older = await merge(await writeAll(3, [{ end: { gateway: small } }, { end: { gateway: bare } }, {}]));
    expect(older.end.gateway).toEqual(bare);
  });

  it('lines up seconds by the clock: a start 2 s later is a warning, 6 s later invalid', async () => {
    const late = await merge(await writeAll(2, [{}, { startMs: 2000 }]));
    expect(late.seconds.map(({ second, counters }) => [second, counters['iterations']])).toEqual([
      [0, 15],
      [1, 15],
      [2, 30],
      [3, 30],
      [4, 15],
      [5, 15],
    ]);
    expect(late.end.totals.durationMs).toBe(6000);
    expect(late.end).not.toHaveProperty('invalid');
    expect(late.events).toContainEqual(
      expect.objectContaining({ kind: 'warning', text: expect.stringContaining('started 2.0 s after shard 1') }),
    );
    folder = await temporaryFolder();
    const tooLate = await merge(await writeAll(2, [{}, { startMs: 6000 }]));
    expect(tooLate.end.invalid).toEqual([expect.stringContaining('started 6.0 s after shard 1')]);
  });

  it('corrects starts by the measured offset of the clocks', async () => {
    const shard = { index: 2, count: 2, clockOffsetMs: -6000 };
    const { end, header } = await merge(await writeAll(2, [{}, { startMs: 6000, header: { shard } }]));
    expect(end).not.toHaveProperty('invalid');
    expect(header.shards?.[1]).toMatchObject({ clockOffsetMs: -6000 });
  });
});

describe('a shard that is', () => {
  it('missing makes the run invalid, or its share smaller where that is allowed', async () => {
    const [one, , three, four] = await writeAll(4);
    const paths = [one, three, four].filter((path) => path !== undefined);
    const strict = await merge(paths);
    expect(strict.end.invalid).toEqual(['shard 2 of 4 is missing']);
    expect(strict.header.share).toBe(0.75);
    folder = await temporaryFolder();
    const lenient = await merge(paths, true);
    expect(lenient.end).not.toHaveProperty('invalid');
    expect(lenient.header.share).toBe(0.75);
    expect(lenient.events).toContainEqual({ elapsedMs: 0, kind: 'warning', text: 'shard 2 of 4 is missing' });
  });

  it('truncated counts with the seconds that it has', async () => {
    const [one = '', two = ''] = await writeAll(2);
    const text = await readFile(two, 'latin1');
    await truncate(two, text.indexOf('\nsecond', text.indexOf('\nsecond') + 1) + 1);
    const { end, header } = await merge([one, two]);
    expect(end.invalid).toEqual([expect.stringMatching(/the file of shard 2 \(.*\) is truncated after 1 s/)]);
    expect(header.share).toBeLessThan(1);
    expect(end.totals.counters).toEqual({ iterations: 75 });
    expect(end.totals.trends['ws_rtt']?.histograms.response?.count).toBe(5);
  });

  it('without a second is left out', async () => {
    const [one = '', two = ''] = await writeAll(2);
    await truncate(two, (await readFile(two, 'latin1')).indexOf('\nsecond') + 1);
    expect((await merge([one, two])).end.invalid).toEqual([
      'shard 2 of 2 is missing',
      expect.stringContaining('contains no second'),
    ]);
  });

  it('damaged in its middle makes the run invalid', async () => {
    const [one = '', two = ''] = await writeAll(2);
    const bytes = await readFile(two);
    const at = bytes.indexOf('\nhistogram', Math.floor(bytes.indexOf('\ntotal') / 2)) + 30;
    bytes[at] = bytes[at] === 65 ? 66 : 65;
    await writeFile(two, bytes);
    expect((await stat(two)).size).toBe(bytes.length);
    expect((await merge([one, two])).end.invalid).toEqual([expect.stringMatching(/^shard 2 .*damaged at byte/)]);
  });

  it.each<[string, Shard, string]>([
    ['of another plan', { header: { planHash: 'beef' } }, 'the plan differs: f00d in'],
    ['of another script', { header: { scriptHash: 'abc' } }, 'the script differs: none in'],
    ['of another version', { header: { version: '0.2.0' } }, 'the version of wsg differs: 0.1 in'],
    [
      'of another number of shards',
      { header: { shard: { index: 2, count: 3 } } },
      'the number of shards differs: 2 in',
    ],
  ])('%s is refused', async (_what, shard, problem) => {
    const paths = await writeAll(2, [{}, shard]);
    expect(await problemsOf(paths)).toMatchObject({
      code: 'merge.unfit',
      problems: [expect.stringContaining(problem)],
    });
  });

  it('of another patch version is a warning', async () => {
    const { events } = await merge(await writeAll(2, [{}, { header: { version: '0.1.7' } }]));
    expect(events).toContainEqual(expect.objectContaining({ text: expect.stringContaining('0.1.0 in') }));
  });

  it('given twice is refused, and so is a run of the whole plan', async () => {
    const [one = '', two = ''] = await writeAll(2);
    expect(await problemsOf([one, two, two])).toMatchObject({
      problems: [expect.stringContaining('ran the same part of the plan')],
    });
    const whole = join(folder, 'whole.run');
    const text = await readFile(one, 'utf8');
    expect(text).toContain('"segment"');
    const writer = await RunFileWriter.create(whole);
    writer.writeHeader(sampleHeader());
    writer.writeSecond({ second: 0, elapsedMs: 1000, counters: {}, gauges: {}, rates: {}, trends: {}, checks: [] });
    await writer.close();
    expect(await problemsOf([one, whole])).toMatchObject({
      problems: [expect.stringContaining('ran a whole plan')],
    });
  });
});
