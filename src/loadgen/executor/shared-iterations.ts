import { shareOf } from '../pacing/shard.js';
import type { SharedIterationsPlan } from '../plan/scenario-plan.js';
import { LoopingVus } from './looping-vus.js';

/** k6's shared-iterations: one pool, faster virtual users (and threads) take more of it. */
export class SharedIterations extends LoopingVus<SharedIterationsPlan> {
  /** Of this process, all threads together. */
  private readonly iterations = shareOf(this.plan.iterations, this.processPart);

  protected next(user: number): Promise<boolean> {
    return this.iterate(user, this.context.clock.now(), this.iterations);
  }

  protected countLeftOver(): number {
    return this.context.pool.takeRest(this.iterations);
  }
}
