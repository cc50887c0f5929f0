import { shareOf } from '../pacing/shard.js';
import type { ConstantVusPlan, PerVuIterationsPlan, SharedIterationsPlan } from '../plan/scenario-plan.js';
import { ExecutorBase } from './executor-base.js';

/** A fixed number of virtual users that iterate one after another: what three of k6's executors are. */
export abstract class LoopingVus<
  P extends ConstantVusPlan | SharedIterationsPlan | PerVuIterationsPlan,
> extends ExecutorBase<P> {
  get allocatedVus(): number {
    return shareOf(this.plan.vus, this.context.shard);
  }

  /** How many of the planned iterations nobody began, when the time is up. */
  protected abstract countLeftOver(): number;

  /** Runs one more iteration of the user; false when there is none left for it. */
  protected abstract next(user: number): Promise<boolean>;

  protected async drive(): Promise<void> {
    await Promise.all(Array.from({ length: this.allocatedVus }, (_, user) => this.loop(user)));
    if (!this.isInterrupted) this.droppedIterations += this.countLeftOver();
  }

  protected stopDriving(): void {
    // The loops ask before each iteration.
  }

  private async loop(user: number): Promise<void> {
    this.activeVus += 1;
    while (this.mayStart) {
      if (!(await this.next(user))) break;
      const turn = this.context.slices.over();
      if (turn !== undefined) await turn;
    }
    this.activeVus -= 1;
  }
}
