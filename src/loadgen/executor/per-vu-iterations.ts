import type { PerVuIterationsPlan } from '../plan/scenario-plan.js';
import { LoopingVus } from './looping-vus.js';

/** k6's per-vu-iterations: the same number of iterations for each virtual user. */
export class PerVuIterations extends LoopingVus<PerVuIterationsPlan> {
  private readonly taken = new Map<number, number>();

  protected async next(user: number): Promise<boolean> {
    const taken = this.taken.get(user) ?? 0;
    if (taken >= this.plan.iterations) return false;
    this.taken.set(user, taken + 1);
    return this.iterate(user, this.context.clock.now());
  }

  protected countLeftOver(): number {
    const begun = [...this.taken.values()].reduce((sum, count) => sum + count, 0);
    return this.allocatedVus * this.plan.iterations - begun;
  }
}
