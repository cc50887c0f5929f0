import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHistogram } from '../../../src/core/histogram/histogram-codec.js';
import { encodeSketch } from '../../../src/core/histogram/sketch-codec.js';
import type { ScenarioPlan } from '../../../src/loadgen/executor/scenario-plan.js';
import { EXECUTORS } from '../../../src/loadgen/executor/index.js';
import { prepareMerge } from '../../../src/report/merge/merge-runs.js';
import { readRun, RunFileWriter } from '../../../src/run-file/index.js';
import type { GaugeFigures, RunTotals, SecondRecord } from '../../../src/run-file/records.js';
import { runScriptedShard, type ScriptedTarget } from '../../support/scripted-shard.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SECONDS = 6;
const RUN_MS = 4000;
const MOST_SHARDS = 8;
const base = { name: 'default', startTimeMs: 0, gracefulStopMs: 1000, exec: 'default', env: {}, tags: {} };

/** A plan that shards evenly, so that each second has the same iterations in parts and as a whole. */
interface Case {
  readonly plan: ScenarioPlan;
  readonly target: ScriptedTarget;
}

/** Whole milliseconds, so that sums are exact in any order. */
function scrambled(seed: number, one: number, two: number): number {
  return (Math.imul(one + 1, 7919) + Math.imul(two + 1, 104_729) + Math.imul(seed, 31)) >>> 0;
}

function byUser(seed: number): ScriptedTarget {
  return (user, iteration) => {
    const number = scrambled(seed, user, iteration);
    return { durationMs: 150 + (number % 12) * 50, sample: number % 700 };
  };
}

/** Which virtual user gets an arrival is a matter of who is free, so the iteration decides. */
function byIteration(seed: number, durationMs: number): ScriptedTarget {
  return (_user, _iteration, { iterationInTest }) => ({
    durationMs,
    sample: scrambled(seed, iterationInTest, 0) % 700,
  });
}

const stages = [
  { durationMs: RUN_MS / 2, target: 17 },
  { durationMs: RUN_MS / 2, target: 4 },
];
const arrivals = { timeUnitMs: 1000, preAllocatedVus: 80, maxVus: 80 };

const CASES: Readonly<Record<string, (seed: number, count: number) => Case>> = {
  'constant-vus': (seed) => ({
    plan: { ...base, executor: 'constant-vus', vus: 1 + (seed % 20), durationMs: RUN_MS },
    target: byUser(seed),
  }),
  'ramping-vus': (seed) => ({
    plan: { ...base, executor: 'ramping-vus', startVus: seed % 5, stages, gracefulRampDownMs: 30_000 },
    target: byUser(seed),
  }),
  'per-vu-iterations': (seed) => ({
    plan: { ...base, executor: 'per-vu-iterations', vus: 1 + (seed % 20), iterations: 5, maxDurationMs: RUN_MS },
    target: byUser(seed),
  }),
  'shared-iterations': (seed, count) => ({
    plan: {
      ...base,
      executor: 'shared-iterations',
      vus: 2 * count,
      iterations: 2 * count * (1 + (seed % 5)),
      maxDurationMs: RUN_MS,
    },
    target: byIteration(seed, 650),
  }),
  'constant-arrival-rate': (seed) => ({
    plan: { ...base, ...arrivals, executor: 'constant-arrival-rate', rate: 1 + (seed % 40), durationMs: RUN_MS },
    target: byIteration(seed, 300),
  }),
  'ramping-arrival-rate': (seed) => ({
    plan: { ...base, ...arrivals, executor: 'ramping-arrival-rate', startRate: seed % 9, stages },
    target: byIteration(seed, 300),
  }),
};

/** Everything in a run that does not name its machine, with samples as bytes. */
async function contentOf(path: string): Promise<unknown> {
  const samples: string[] = [];
  const { seconds, end, complete } = await readRun(path, {
    histograms: {
      kinds: ['response', 'service', 'lag'],
      visitEncoded: ({ series, kind, second, bytes }) =>
        samples.push(`${second} ${series} ${kind} ${Buffer.from(bytes).toString('hex')}`),
      visitSketch: ({ series, second, sketch }) =>
        samples.push(`${second} ${series} value ${Buffer.from(encodeSketch(sketch)).toString('hex')}`),
    },
  });
  return {
    complete,
    reason: end.reason,
    invalid: end.invalid,
    samples: samples.toSorted(),
    seconds: seconds.map(({ second, elapsedMs, ...figures }) => ({ second, elapsedMs, ...plain(figures) })),
    totals: { ...plain(end.totals), durationMs: end.totals.durationMs, iterations: end.totals.iterations },
    trends: trendsOf(end.totals),
  };
}

function plain({ counters, gauges, rates, trends, checks }: Omit<SecondRecord, 'second' | 'elapsedMs'>): object {
  const figures = Object.entries(trends).map(([name, { count, min, max, sum }]) => [name, { count, min, max, sum }]);
  return {
    counters,
    // The bounds of a sum are bounded by the sums of the bounds.
    gauges: Object.entries(gauges).map(([name, { value }]: [string, GaugeFigures]) => [name, value]),
    rates,
    trends: Object.fromEntries(figures),
    checks: checks.map((check) => JSON.stringify(check)).toSorted(),
  };
}

function trendsOf({ trends }: RunTotals): unknown {
  return Object.entries(trends).map(([name, { histograms, sketch }]) => [
    name,
    histograms.response && Buffer.from(encodeHistogram(histograms.response)).toString('hex'),
    sketch && Buffer.from(encodeSketch(sketch)).toString('hex'),
  ]);
}

async function mergedContent(paths: readonly string[], path: string): Promise<unknown> {
  const writer = await RunFileWriter.create(path);
  await (await prepareMerge(paths, { allowsMissing: false })).write(writer);
  await writer.close();
  return contentOf(path);
}

describe('the merged runs of all shards are the run of the whole plan, in each second', () => {
  it('covers every executor', () => {
    expect(Object.keys(CASES).toSorted()).toEqual(EXECUTORS.all.map(({ name }) => name).toSorted());
  });

  it.each(Object.entries(CASES))('%s', { timeout: 120_000 }, async (_executor, caseOf) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(100_000), fc.integer({ min: 1, max: MOST_SHARDS }), async (seed, count) => {
        const folder = await temporaryFolder();
        const { plan, target } = caseOf(seed, count);
        const whole = join(folder, 'whole.run');
        const paths = Array.from({ length: count }, (_, place) => join(folder, `${place}.run`));
        await Promise.all([
          runScriptedShard(plan, { path: whole, shard: undefined, target, seconds: SECONDS }),
          ...paths.map((path, place) =>
            runScriptedShard(plan, { path, shard: { index: place + 1, count }, target, seconds: SECONDS }),
          ),
        ]);
        expect(await mergedContent(paths, join(folder, 'merged.run'))).toEqual(await contentOf(whole));
        await rm(folder, { recursive: true });
      }),
      { numRuns: 16 },
    );
  });
});
