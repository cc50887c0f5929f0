import type { ScenarioPlan } from '../plan/plan.js';
import { ConstantVus } from './constant-vus.js';
import type { IterationSource } from './iteration-source.js';
import { PerVuIterations } from './per-vu-iterations.js';
import { SharedIterations } from './shared-iterations.js';

/** The iterations of a scenario's executor. */
export function createIterationSource(plan: ScenarioPlan): IterationSource {
  switch (plan.executor) {
    case 'constant-vus':
      return new ConstantVus();
    case 'shared-iterations':
      return new SharedIterations(plan.iterations);
    case 'per-vu-iterations':
      return new PerVuIterations(plan.iterations, plan.vus);
  }
}
