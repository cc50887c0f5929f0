import type { Clock } from '../../core/clock.js';
import { startingTimeMs, type ScenarioPlan } from '../plan/plan.js';
import { createIterationSource } from './create-iteration-source.js';
import type { IterationSource } from './iteration-source.js';

/** Runs the iterations of virtual users; what they do is no business of the executor. */
export interface IterationRunner {
  /** Runs one iteration of the virtual user (from 1) to its end; true when complete, false when it was interrupted. Never rejects. */
  iterate(vu: number): Promise<boolean>;
  /** Ends every iteration under way as soon as can be. */
  interrupt(): void;
}

/** `interrupted`: stopped from outside. What the end of the graceful stop interrupts leaves the executor `done`, as in k6. */
export type ExecutorState = 'running' | 'stopping' | 'interrupted' | 'done';

/**
 * Starts iterations of a fixed number of virtual users while there are some left and the time is not up, waits for those under
 * way through the graceful stop, then interrupts them.
 */
export class Executor {
  state: ExecutorState = 'running';
  activeVus = 0;
  completeIterations = 0;
  interruptedIterations = 0;
  private readonly source: IterationSource;
  private cancelDeadline: () => void = () => undefined;

  constructor(
    private readonly plan: ScenarioPlan,
    private readonly runner: IterationRunner,
    private readonly clock: Clock,
  ) {
    this.source = createIterationSource(plan);
  }

  /** All iterations of the executor, or undefined when time alone is the limit. */
  get totalIterations(): number | undefined {
    return this.source.total;
  }

  /** Resolves when no iteration is under way and none will start. */
  async run(): Promise<void> {
    this.cancelDeadline = this.clock.schedule(() => this.endStarting(), startingTimeMs(this.plan));
    const users = Array.from({ length: this.plan.vus }, (_, index) => this.loop(index + 1));
    await Promise.all(users);
    this.cancelDeadline();
    if (this.state !== 'interrupted') this.state = 'done';
  }

  /** Starts no further iteration and interrupts those under way at once, as k6 does on a signal. */
  stop(): void {
    if (this.state === 'done' || this.state === 'interrupted') return;
    this.cancelDeadline();
    this.state = 'interrupted';
    this.runner.interrupt();
  }

  private async loop(vu: number): Promise<void> {
    this.activeVus += 1;
    while (this.state === 'running' && this.source.take(vu)) {
      const isComplete = await this.runner.iterate(vu);
      if (isComplete) this.completeIterations += 1;
      else this.interruptedIterations += 1;
    }
    this.activeVus -= 1;
  }

  private endStarting(): void {
    this.state = 'stopping';
    this.cancelDeadline = this.clock.schedule(() => this.runner.interrupt(), this.plan.gracefulStopMs);
  }
}
