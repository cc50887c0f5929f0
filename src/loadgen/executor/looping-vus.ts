import { shareOf } from '../pacing/shard.js';
import type { ConstantVusPlan, PerVuIterationsPlan, SharedIterationsPlan } from './scenario-plan.js';
import { ExecutorBase } from './executor-base.js';

/**
 * A fixed number of virtual users that iterate one after another: what three of k6's executors are.
 */
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
    await Promise.all(Array.from({ length: this.allocatedVus }, (_, user) => this.#loop(user)));
    if (!this.isInterrupted) this.droppedIterations += this.countLeftOver();
  }

  protected stopDriving(): void {
    // The loops ask before each iteration.
  }

  async #loop(user: number): Promise<void> {
    this.activeVus += 1;
    while (this.mayStart) {
      if (!(await this.next(user))) break;
      const turn = this.context.slices.over();
      if (turn !== undefined) await turn;
    }
    this.activeVus -= 1;
  }
}

/** k6's constant-vus: iterations without limit; the time alone ends them. */
export class ConstantVus extends LoopingVus<ConstantVusPlan> {
  protected next(user: number): Promise<boolean> {
    return this.iterate(user, this.context.clock.now());
  }

  protected countLeftOver(): number {
    return 0;
  }
}

/** k6's shared-iterations: one pool, faster virtual users (and threads) take more of it. */
export class SharedIterations extends LoopingVus<SharedIterationsPlan> {
  /** Of this process, all threads together. */
  readonly #iterations = shareOf(this.plan.iterations, this.processPart);

  protected next(user: number): Promise<boolean> {
    return this.iterate(user, this.context.clock.now(), this.#iterations);
  }

  protected countLeftOver(): number {
    return this.context.pool.takeRest(this.#iterations);
  }
}

/** k6's per-vu-iterations: the same number of iterations for each virtual user. */
export class PerVuIterations extends LoopingVus<PerVuIterationsPlan> {
  readonly #taken = new Map<number, number>();

  protected async next(user: number): Promise<boolean> {
    const taken = this.#taken.get(user) ?? 0;
    if (taken >= this.plan.iterations) return false;
    this.#taken.set(user, taken + 1);
    return this.iterate(user, this.context.clock.now());
  }

  protected countLeftOver(): number {
    const begun = [...this.#taken.values()].reduce((sum, count) => sum + count, 0);
    return this.allocatedVus * this.plan.iterations - begun;
  }
}
