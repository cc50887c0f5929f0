import { describe, expect, it } from 'vitest';
import { createExecutor } from '../../../src/loadgen/executor/index.js';
import { IterationPool } from '../../../src/loadgen/executor/executor.js';
import { TimeSlices } from '../../../src/loadgen/executor/time-slices.js';
import { WHOLE } from '../../../src/loadgen/pacing/shard.js';
import type { ScenarioPlan } from '../../../src/loadgen/executor/scenario-plan.js';
import { ManualClock } from '../../support/manual-clock.js';
import { TimedIterations } from '../../support/timed-iterations.js';

const base = { name: 'default', startTimeMs: 0, gracefulStopMs: 30_000, exec: 'default', env: {}, tags: {} };
const SLICE_MS = 50;

/** One executor for each of `threads`, on one clock; iterations take `iterationMs`. */
function setUp(plan: ScenarioPlan, iterationMs: number, threads = 1) {
  const clock = new ManualClock();
  const pool = new IterationPool();
  const parts = Array.from({ length: threads }, (_, index) => {
    const iterations = new TimedIterations(clock, iterationMs);
    const shard = threads === 1 ? WHOLE : { index, count: threads };
    const executor = createExecutor(plan, {
      runner: iterations,
      clock,
      shard,
      pool: new IterationPool(pool.memory),
      slices: new TimeSlices({ now: () => 0 }),
    });
    return { iterations, executor, finished: executor.run() };
  });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += SLICE_MS) {
      clock.advance(Math.min(SLICE_MS, ms - passed));
      for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
    }
  };
  const [first] = parts;
  if (first === undefined) throw new Error('there must be a thread');
  const started = () => parts.flatMap(({ iterations }) => iterations.started);
  return { clock, pass, parts, started, ...first, finished: Promise.all(parts.map((part) => part.finished)) };
}

describe('constant-vus', () => {
  const plan: ScenarioPlan = { ...base, executor: 'constant-vus', vus: 3, durationMs: 10_000 };

  it('keeps all virtual users iterating until the time is up, and lets the last iterations end', async () => {
    const { executor, pass, finished } = setUp(plan, 3000);
    await pass(9900);
    expect(executor).toMatchObject({ activeVus: 3, allocatedVus: 3, completeIterations: 9, state: 'running' });
    await pass(200);
    expect(executor).toMatchObject({ activeVus: 3, state: 'stopping' });
    await pass(2000);
    await finished;
    expect(executor).toMatchObject({ activeVus: 0, completeIterations: 12, interruptedIterations: 0, state: 'done' });
  });

  it('interrupts what is under way when the graceful stop is over', async () => {
    const { executor, pass, finished } = setUp(plan, 60_000);
    await pass(39_900);
    expect(executor).toMatchObject({ activeVus: 3, state: 'stopping' });
    await pass(100);
    await finished;
    expect(executor).toMatchObject({ completeIterations: 0, interruptedIterations: 3, state: 'done' });
  });

  it('interrupts at once when it is stopped, and starts no more', async () => {
    const { clock, executor, started, pass, finished } = setUp(plan, 3000);
    await pass(1000);
    executor.stop();
    await finished;
    expect(executor).toMatchObject({ interruptedIterations: 3, activeVus: 0, state: 'interrupted' });
    await pass(20_000);
    expect(started()).toHaveLength(3);
    expect(clock.waiting).toBe(0);
  });

  it('waits for its start, also when it is stopped before', async () => {
    const { executor, started, pass } = setUp({ ...plan, startTimeMs: 5000 }, 60_000);
    await pass(4900);
    expect(executor).toMatchObject({ state: 'waiting', activeVus: 0 });
    await pass(200);
    expect(executor).toMatchObject({ state: 'running', activeVus: 3 });
    expect(started().map(({ atMs }) => atMs)).toEqual([5000, 5000, 5000]);
    const early = setUp({ ...plan, startTimeMs: 5000 }, 60_000);
    early.executor.stop();
    await early.finished;
    expect(early.executor.state).toBe('interrupted');
    expect(early.clock.waiting).toBe(0);
  });

  it('numbers its iterations over all threads', async () => {
    const { started, pass } = setUp({ ...plan, vus: 5 }, 1000, 2);
    await pass(2500);
    const numbers = started().map(({ ticket }) => ticket.iterationInTest);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, number) => number));
  });
});

describe('ramping-vus', () => {
  const stages = [
    { durationMs: 4000, target: 4 },
    { durationMs: 2000, target: 4 },
    { durationMs: 4000, target: 0 },
  ];
  const ramp = { ...base, executor: 'ramping-vus', startVus: 0, gracefulRampDownMs: 500 } as const;
  const plan: ScenarioPlan = { ...ramp, stages };

  it('follows the stages', async () => {
    const { executor, pass, finished } = setUp(plan, 100);
    const active: number[] = [];
    for (let second = 0; second < 10; second += 1) {
      await pass(1000);
      active.push(executor.activeVus);
    }
    await finished;
    expect(active).toEqual([1, 2, 3, 4, 4, 4, 3, 2, 1, 0]);
    expect(executor).toMatchObject({ allocatedVus: 4, interruptedIterations: 0, state: 'done' });
  });

  it('lets an iteration go on for the graceful ramp-down, then interrupts it', async () => {
    const { executor, pass } = setUp(plan, 60_000);
    await pass(7400);
    expect(executor).toMatchObject({ activeVus: 4, interruptedIterations: 0 });
    await pass(200);
    expect(executor).toMatchObject({ activeVus: 3, interruptedIterations: 1 });
  });

  it('goes on with a virtual user that is planned again before its ramp-down is over', async () => {
    const again = [
      { durationMs: 0, target: 1 },
      { durationMs: 1000, target: 0 },
      { durationMs: 0, target: 1 },
      { durationMs: 5000, target: 1 },
    ];
    const { executor, started, pass } = setUp({ ...ramp, stages: again }, 4000);
    await pass(5900);
    expect(executor).toMatchObject({ activeVus: 1, interruptedIterations: 0, completeIterations: 1 });
    expect(started()).toHaveLength(2);
  });

  it('is in several threads together what it is in one', async () => {
    const { parts, pass } = setUp({ ...plan, stages: [{ durationMs: 7000, target: 7 }] }, 100, 3);
    for (let second = 1; second < 7; second += 1) {
      await pass(1000);
      expect(parts.reduce((sum, { executor }) => sum + executor.activeVus, 0)).toBe(second);
    }
  });
});

describe('shared-iterations', () => {
  const shared = { ...base, executor: 'shared-iterations' } as const;

  it.each([1, 2])(
    'runs exactly the iterations of the pool in %i threads and ends when they are done',
    async (threads) => {
      const plan: ScenarioPlan = { ...shared, vus: 3, iterations: 10, maxDurationMs: 60_000 };
      const { parts, started, pass, finished } = setUp(plan, 1000, threads);
      await pass(5000);
      await finished;
      expect(parts.reduce((sum, { executor }) => sum + executor.completeIterations, 0)).toBe(10);
      expect(started()).toHaveLength(10);
    },
  );

  it('stops starting at its maximal duration', async () => {
    const { executor, pass, finished } = setUp({ ...shared, vus: 1, iterations: 10, maxDurationMs: 2500 }, 1000);
    await pass(3000);
    await finished;
    expect(executor).toMatchObject({ completeIterations: 3, state: 'done' });
  });
});

describe('per-vu-iterations', () => {
  it.each([1, 2])('runs the same number for each virtual user in %i threads', async (threads) => {
    const plan: ScenarioPlan = { ...base, executor: 'per-vu-iterations', vus: 3, iterations: 3, maxDurationMs: 60_000 };
    const { parts, pass, finished } = setUp(plan, 1000, threads);
    await pass(3000);
    await finished;
    expect(parts.reduce((sum, { executor }) => sum + executor.completeIterations, 0)).toBe(9);
    for (const { iterations, executor } of parts) {
      const users = iterations.started.map(({ user }) => user).toSorted((a, b) => a - b);
      expect(users).toEqual(Array.from({ length: executor.allocatedVus }, (_, user) => [user, user, user]).flat());
    }
  });
});

describe('arrival rates', () => {
  const constant = { ...base, executor: 'constant-arrival-rate', timeUnitMs: 1000, durationMs: 3000 } as const;

  it('begin iterations when they are due, whatever the ones before do', async () => {
    const { executor, started, pass, finished } = setUp(
      { ...constant, rate: 4, preAllocatedVus: 10, maxVus: 10 },
      1500,
    );
    await pass(5000);
    await finished;
    expect(started().map(({ ticket }) => ticket.dueMs)).toEqual(Array.from({ length: 12 }, (_, n) => n * 250));
    expect(executor).toMatchObject({ completeIterations: 12, droppedIterations: 0, allocatedVus: 10, state: 'done' });
  });

  it('give the next iteration to the virtual user that waits longest, as k6 does', async () => {
    const { started, pass } = setUp({ ...constant, rate: 4, preAllocatedVus: 3, maxVus: 3 }, 100);
    await pass(1900);
    expect(started().map(({ user }) => user)).toEqual([0, 1, 2, 0, 1, 2, 0, 1]);
  });

  it('make virtual users up to the most allowed, then drop what is due', async () => {
    const { executor, pass, finished } = setUp({ ...constant, rate: 4, preAllocatedVus: 1, maxVus: 3 }, 10_000);
    await pass(2900);
    expect(executor).toMatchObject({ activeVus: 3, allocatedVus: 3, droppedIterations: 9, state: 'running' });
    await pass(10_000);
    await finished;
    expect(executor).toMatchObject({ completeIterations: 3, droppedIterations: 9, state: 'done' });
  });

  it('keep to the moments of the schedule after a stall', async () => {
    const { clock, started, pass } = setUp({ ...constant, rate: 10, preAllocatedVus: 50, maxVus: 50 }, 10);
    await pass(1000);
    clock.advance(1000);
    await pass(500);
    const dues = started().map(({ ticket }) => Math.round(ticket.dueMs));
    expect(dues).toEqual(Array.from({ length: 26 }, (_, n) => n * 100));
  });

  it('follow stages', async () => {
    const stages = [
      { durationMs: 2000, target: 10 },
      { durationMs: 2000, target: 10 },
    ];
    const ramping = { ...base, executor: 'ramping-arrival-rate', startRate: 0, timeUnitMs: 1000 } as const;
    const { started, pass, finished } = setUp({ ...ramping, stages, preAllocatedVus: 5, maxVus: 5 }, 10);
    await pass(4500);
    await finished;
    expect(started().filter(({ ticket }) => ticket.dueMs <= 2000)).toHaveLength(10);
    // The thirtieth is due when the time is up, and what is due then starts no more.
    expect(started()).toHaveLength(29);
  });

  it('are in several threads together what they are in one', async () => {
    const plan: ScenarioPlan = { ...constant, rate: 7, preAllocatedVus: 20, maxVus: 20 };
    const one = setUp(plan, 100);
    const three = setUp(plan, 100, 3);
    await one.pass(4000);
    await three.pass(4000);
    const dues = (started: typeof one.started) =>
      started()
        .map(({ ticket }) => ticket.dueMs)
        .toSorted((a, b) => a - b);
    expect(dues(three.started)).toEqual(dues(one.started));
    expect(three.parts.map(({ iterations }) => iterations.started.length)).toEqual([7, 7, 7]);
  });

  it('interrupt at once when they are stopped', async () => {
    const { clock, executor, pass, finished } = setUp({ ...constant, rate: 4, preAllocatedVus: 5, maxVus: 5 }, 60_000);
    await pass(600);
    executor.stop();
    await finished;
    expect(executor).toMatchObject({ interruptedIterations: 3, activeVus: 0, state: 'interrupted' });
    expect(clock.waiting).toBe(0);
  });
});

describe('iterations that nobody began', () => {
  const limits = { vus: 2, maxDurationMs: 1000 };

  it.each([
    [{ ...base, ...limits, executor: 'shared-iterations', iterations: 10 } as const, 1, 6],
    [{ ...base, ...limits, executor: 'shared-iterations', iterations: 10 } as const, 2, 6],
    [{ ...base, ...limits, executor: 'per-vu-iterations', iterations: 10 } as const, 2, 16],
    [{ ...base, ...limits, executor: 'shared-iterations', iterations: 4 } as const, 1, 0],
  ])('count as dropped when the time is up: %o in %i threads', async (plan, threads, dropped) => {
    const { parts, pass, finished } = setUp(plan, 600, threads);
    await pass(1500);
    await finished;
    expect(parts.reduce((sum, { executor }) => sum + executor.droppedIterations, 0)).toBe(dropped);
  });

  it('do not when the run was stopped', async () => {
    const plan: ScenarioPlan = { ...base, ...limits, executor: 'shared-iterations', iterations: 10 };
    const { executor, pass, finished } = setUp(plan, 600);
    await pass(100);
    executor.stop();
    await finished;
    expect(executor.droppedIterations).toBe(0);
  });
});
