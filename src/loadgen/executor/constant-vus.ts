import type { ConstantVusPlan } from '../plan/scenario-plan.js';
import { LoopingVus } from './looping-vus.js';

/** k6's constant-vus: iterations without limit; the time alone ends them. */
export class ConstantVus extends LoopingVus<ConstantVusPlan> {
  protected next(user: number): Promise<boolean> {
    return this.iterate(user, this.context.clock.now());
  }

  protected countLeftOver(): number {
    return 0;
  }
}
