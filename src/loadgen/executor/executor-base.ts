import { numberInPlan, type Shard } from '../pacing/shard.js';
import type { Executor, ExecutorDeps, ExecutorState } from './executor.js';
import type { ScenarioPlan } from './scenario-plan.js';

/**
 * The common part of all executors. It waits for the scenario's start, starts iterations until the
 * time is up, gives running ones the grace period, then interrupts them, and counts them all.
 */
export abstract class ExecutorBase<P extends ScenarioPlan> implements Executor {
  state: ExecutorState = 'waiting';
  activeVus = 0;
  completeIterations = 0;
  interruptedIterations = 0;
  droppedIterations = 0;
  #startMs = 0;
  #endWait: () => void = () => undefined;
  #cancelDeadline: () => void = () => undefined;

  constructor(
    protected readonly plan: P,
    protected readonly deps: ExecutorDeps,
  ) {}

  abstract get allocatedVus(): number;

  /** The time in which it may start iterations: milliseconds. */
  protected abstract get startingMs(): number;

  async run(): Promise<void> {
    if (this.plan.startTimeMs > 0) await this.#wait(this.plan.startTimeMs);
    if (this.state === 'waiting') {
      this.state = 'running';
      this.#startMs = this.deps.clock.now();
      this.#cancelDeadline = this.deps.clock.schedule(() => this.#endStarting(), this.startingMs);
      await this.drive();
    }
    this.#cancelDeadline();
    if (!this.isInterrupted) this.state = 'done';
  }

  stop(): void {
    if (this.state === 'done' || this.isInterrupted) return;
    this.#cancelDeadline();
    this.state = 'interrupted';
    this.#endWait();
    this.stopDriving();
    this.deps.runner.interruptAll();
  }

  /** Begins iterations while `mayStart`; resolves when none is under way and none will start. */
  protected abstract drive(): Promise<void>;

  /** Called once when no more iterations may start: ends every wait for the next one. */
  protected abstract stopDriving(): void;

  /** The part of the plan that all threads of this process run together. */
  protected get processPart(): Shard {
    return { index: 0, count: 1, stripe: this.deps.shard.stripe };
  }

  protected get mayStart(): boolean {
    return this.state === 'running';
  }

  /** Milliseconds since the scenario's start. */
  protected get elapsedMs(): number {
    return this.deps.clock.now() - this.#startMs;
  }

  /** The clock's time of a moment of the scenario's schedule. */
  protected clockMs(atMs: number): number {
    return this.#startMs + atMs;
  }

  /**
   * Takes a number for an iteration, runs it and counts how it ended. Resolves with false, without
   * running anything, when the scenario has no iteration left.
   */
  protected async iterate(user: number, dueMs: number, limit?: number): Promise<boolean> {
    const taken = this.deps.pool.take(limit);
    if (taken === undefined) return false;
    const iterationInTest = numberInPlan(taken, this.processPart);
    const isComplete = await this.deps.runner.iterate(user, { dueMs, iterationInTest, iterationInInstance: taken });
    if (isComplete) this.completeIterations += 1;
    else this.interruptedIterations += 1;
    return true;
  }

  protected get isInterrupted(): boolean {
    return this.state === 'interrupted';
  }

  #endStarting(): void {
    this.state = 'stopping';
    this.stopDriving();
    const { clock, runner } = this.deps;
    this.#cancelDeadline = clock.schedule(() => runner.interruptAll(), this.plan.gracefulStopMs);
  }

  async #wait(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.deps.clock.schedule(resolve, delayMs);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }
}
