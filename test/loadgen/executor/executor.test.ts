import { describe, expect, it } from 'vitest';
import { Executor, type IterationRunner } from '../../../src/loadgen/executor/executor.js';
import type { ScenarioPlan } from '../../../src/loadgen/plan/plan.js';
import { ManualClock } from '../../support/manual-clock.js';

/** Iterations that take a fixed time by a manual clock. */
class TimedIterations implements IterationRunner {
  readonly started: number[] = [];
  interruptions = 0;
  private readonly under = new Set<(isComplete: boolean) => void>();

  constructor(
    private readonly clock: ManualClock,
    private readonly durationMs: number,
  ) {}

  async iterate(vu: number): Promise<boolean> {
    this.started.push(vu);
    return new Promise((resolve) => {
      this.under.add(resolve);
      this.clock.schedule(() => {
        this.under.delete(resolve);
        resolve(true);
      }, this.durationMs);
    });
  }

  interrupt(): void {
    this.interruptions += 1;
    for (const resolve of this.under) resolve(false);
    this.under.clear();
  }
}

const base = { name: 'default', gracefulStopMs: 30_000 };

function setUp(plan: ScenarioPlan, iterationMs: number) {
  const clock = new ManualClock();
  const iterations = new TimedIterations(clock, iterationMs);
  const executor = new Executor(plan, iterations, clock);
  const finished = executor.run();
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
    }
  };
  return { clock, iterations, executor, finished, pass };
}

describe('constant-vus', () => {
  const plan: ScenarioPlan = { ...base, executor: 'constant-vus', vus: 3, durationMs: 10_000 };

  it('keeps all virtual users iterating until the time is up, and lets the last iterations end', async () => {
    const { executor, iterations, pass, finished } = setUp(plan, 3000);
    await pass(9900);
    expect(executor).toMatchObject({ activeVus: 3, completeIterations: 9, state: 'running' });
    await pass(200);
    expect(executor).toMatchObject({ activeVus: 3, state: 'stopping' });
    await pass(2000);
    await finished;
    expect(executor).toMatchObject({ activeVus: 0, completeIterations: 12, interruptedIterations: 0, state: 'done' });
    expect(iterations.interruptions).toBe(0);
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
    const { clock, executor, iterations, pass, finished } = setUp(plan, 3000);
    await pass(1000);
    executor.stop();
    await finished;
    expect(executor).toMatchObject({ interruptedIterations: 3, activeVus: 0, state: 'interrupted' });
    await pass(20_000);
    expect(iterations.started).toHaveLength(3);
    expect(clock.waiting).toBe(0);
  });
});

describe('shared-iterations', () => {
  it('runs exactly the iterations of the pool and ends when they are done', async () => {
    const plan: ScenarioPlan = {
      ...base,
      executor: 'shared-iterations',
      vus: 3,
      iterations: 10,
      maxDurationMs: 60_000,
    };
    const { executor, iterations, pass, finished } = setUp(plan, 1000);
    await pass(4000);
    await finished;
    expect(executor).toMatchObject({ completeIterations: 10, totalIterations: 10, state: 'done' });
    expect(iterations.started).toHaveLength(10);
  });

  it('stops starting at its maximal duration', async () => {
    const plan: ScenarioPlan = { ...base, executor: 'shared-iterations', vus: 1, iterations: 10, maxDurationMs: 2500 };
    const { executor, pass, finished } = setUp(plan, 1000);
    await pass(3000);
    await finished;
    expect(executor).toMatchObject({ completeIterations: 3, state: 'done' });
  });
});

describe('per-vu-iterations', () => {
  it('runs the same number for each virtual user', async () => {
    const plan: ScenarioPlan = { ...base, executor: 'per-vu-iterations', vus: 2, iterations: 3, maxDurationMs: 60_000 };
    const { executor, iterations, pass, finished } = setUp(plan, 1000);
    await pass(3000);
    await finished;
    expect(iterations.started.toSorted((a, b) => a - b)).toEqual([1, 1, 1, 2, 2, 2]);
    expect(executor).toMatchObject({ completeIterations: 6, totalIterations: 6 });
  });
});
