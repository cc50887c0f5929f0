import { constantArrivals, rampingArrivals } from '../pacing/arrivals.js';
import type { ScenarioPlan } from './scenario-plan.js';
import { ArrivalRate } from './arrival-rate.js';
import { ConstantVus, PerVuIterations, SharedIterations } from './looping-vus.js';
import type { Executor, ExecutorContext } from './executor.js';
import { RampingVus } from './ramping-vus.js';

/** The executor of a scenario. */
export function createExecutor(plan: ScenarioPlan, context: ExecutorContext): Executor {
  switch (plan.executor) {
    case 'constant-vus':
      return new ConstantVus(plan, context);
    case 'ramping-vus':
      return new RampingVus(plan, context);
    case 'shared-iterations':
      return new SharedIterations(plan, context);
    case 'per-vu-iterations':
      return new PerVuIterations(plan, context);
    case 'constant-arrival-rate':
      return new ArrivalRate(plan, context, constantArrivals(plan));
    case 'ramping-arrival-rate':
      return new ArrivalRate(plan, context, rampingArrivals(plan));
  }
}
