import { describe, expect, it } from 'vitest';
import { createExecutor } from '../../../src/loadgen/executor/index.js';
import { IterationPool } from '../../../src/loadgen/executor/executor.js';
import { TimeSlices } from '../../../src/loadgen/executor/time-slices.js';
import { createStripe } from '../../../src/loadgen/pacing/stripe.js';
import type { ScenarioPlan } from '../../../src/loadgen/executor/scenario-plan.js';
import { ManualClock } from '../../support/manual-clock.js';
import { TimedIterations } from '../../support/timed-iterations.js';

const base = { name: 'default', startTimeMs: 0, gracefulStopMs: 30_000, exec: 'default', env: {}, tags: {} };
const RUN_MS = 5000;
const SLICE_MS = 50;
const ARRIVALS = { timeUnitMs: 1000, preAllocatedVus: 12, maxVus: 12 };

/**
 * Runs a scenario as three processes of unequal segments and two threads each; gives what each
 * process began.
 */
async function runInSegments(plan: ScenarioPlan) {
  const clock = new ManualClock();
  const bounds = [0, 1, 3, 6];
  const processes = bounds.slice(1).map((to, index) => {
    const stripe = createStripe({ period: 6, from: bounds[index] ?? 0, to });
    const pool = new IterationPool();
    return [0, 1].map((thread) => {
      const iterations = new TimedIterations(clock, 700);
      const shard = { index: thread, count: 2, stripe };
      const executor = createExecutor(plan, {
        runner: iterations,
        clock,
        shard,
        pool: new IterationPool(pool.memory),
        slices: new TimeSlices({ now: () => 0 }),
      });
      return { iterations, executor, finished: executor.run() };
    });
  });
  for (let passedMs = 0; passedMs < RUN_MS + 1000; passedMs += SLICE_MS) {
    clock.advance(SLICE_MS);
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
  }
  await Promise.all(processes.flat().map(({ finished }) => finished));
  const parts = processes.map((threads) =>
    threads.flatMap(({ iterations }, thread) => iterations.started.map((iteration) => ({ ...iteration, thread }))),
  );
  const dropped = processes.flat().reduce((sum, { executor }) => sum + executor.droppedIterations, 0);
  const vus = processes.flat().reduce((sum, { executor }) => sum + executor.allocatedVus, 0);
  return { parts, started: parts.flat(), dropped, vus };
}

function numbersOf(started: readonly { readonly ticket: { readonly iterationInTest: number } }[]): number[] {
  return started.map(({ ticket }) => ticket.iterationInTest).toSorted((left, right) => left - right);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

describe('a plan in segments, each in threads', () => {
  it('shares iterations out exactly, and numbers each once', async () => {
    const { parts, started, vus } = await runInSegments({
      ...base,
      executor: 'shared-iterations',
      vus: 12,
      iterations: 50,
      maxDurationMs: 60_000,
    });
    expect(vus).toBe(12);
    expect(numbersOf(started)).toEqual(upTo(50));
    expect(parts.map((part) => part.length).reduce((sum, count) => sum + count, 0)).toBe(50);
    for (const [index, share] of [1 / 6, 2 / 6, 3 / 6].entries()) {
      expect(Math.abs((parts[index]?.length ?? 0) - 50 * share)).toBeLessThan(2);
    }
  });

  it('runs as many iterations a virtual user as planned', async () => {
    const { started, vus } = await runInSegments({
      ...base,
      executor: 'per-vu-iterations',
      vus: 7,
      iterations: 3,
      maxDurationMs: 60_000,
    });
    expect(vus).toBe(7);
    expect(started).toHaveLength(21);
  });

  it('begins each arrival once, when it is due', async () => {
    const plan: ScenarioPlan = { ...base, ...ARRIVALS, executor: 'constant-arrival-rate', rate: 7, durationMs: RUN_MS };
    const { started, dropped } = await runInSegments(plan);
    expect(dropped).toBe(0);
    const dueMs = started.map(({ ticket }) => ticket.dueMs).toSorted((left, right) => left - right);
    expect(dueMs).toEqual(upTo(35).map((number) => number * (1000 / 7)));
  });

  it('brings in each virtual user of a ramp at the step that plans it', async () => {
    const stages = [{ durationMs: RUN_MS, target: 11 }];
    const plan: ScenarioPlan = { ...base, executor: 'ramping-vus', startVus: 1, stages, gracefulRampDownMs: 0 };
    const { parts, vus } = await runInSegments(plan);
    expect(vus).toBe(11);
    const firstMs = parts.flatMap((part) => firstIterations(part)).toSorted((left, right) => left - right);
    // The eleventh is planned at the very end, when none may begin.
    expect(firstMs).toEqual(upTo(10).map((step) => step * (RUN_MS / 10)));
  });
});

/**
 * When each virtual user of a process began its first iteration: one that follows none of the same
 * thread and number.
 */
function firstIterations(started: Awaited<ReturnType<typeof runInSegments>>['parts'][number]): number[] {
  const first = new Map<string, number>();
  for (const { user, atMs, thread } of started) {
    const key = `${thread}:${user}`;
    first.set(key, Math.min(first.get(key) ?? atMs, atMs));
  }
  return [...first.values()];
}
