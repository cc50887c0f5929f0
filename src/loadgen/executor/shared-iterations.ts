import type { SharedIterationsPlan } from '../plan/scenario-plan.js';
import { LoopingVus } from './looping-vus.js';

/** k6's shared-iterations: one pool, faster virtual users (and threads) take more of it. */
export class SharedIterations extends LoopingVus<SharedIterationsPlan> {
  protected next(user: number): Promise<boolean> {
    return this.iterate(user, this.context.clock.now(), this.plan.iterations);
  }
}
