import { Definitions } from '../../core/definitions.js';
import { constantArrivalRate } from './constant-arrival-rate.js';
import { constantVus } from './constant-vus.js';
import type { ExecutorDefinition } from './executor-definition.js';
import type { Executor, ExecutorDeps } from './executor.js';
import { perVuIterations } from './per-vu-iterations.js';
import { rampingArrivalRate } from './ramping-arrival-rate.js';
import { rampingVus } from './ramping-vus.js';
import type { ScenarioPlan } from './scenario-plan.js';
import { sharedIterations } from './shared-iterations.js';

/** Every executor, in the order in which messages name them. */
export const EXECUTORS: Definitions<ExecutorDefinition> = new Definitions<ExecutorDefinition>('executor', [
  constantVus,
  rampingVus,
  sharedIterations,
  perVuIterations,
  constantArrivalRate,
  rampingArrivalRate,
]);

/** The definition of a scenario's executor. */
export function executorOf({ executor }: ScenarioPlan): ExecutorDefinition {
  return EXECUTORS.get(executor);
}

/** Makes the executor of a scenario for one thread. */
export function createExecutor(plan: ScenarioPlan, deps: ExecutorDeps): Executor {
  return executorOf(plan).create(plan, deps);
}

/** The time in which a scenario may start iterations, from its own start: milliseconds. */
export function startingTimeMs(plan: ScenarioPlan): number {
  return executorOf(plan).startingMs(plan);
}

/** The most virtual users that a scenario can have at once. */
export function maxScenarioVus(plan: ScenarioPlan): number {
  return executorOf(plan).maxVus(plan);
}

/**
 * The latest end of a scenario, from the start of the run, its graceful stop included:
 * milliseconds.
 */
export function maxScenarioMs(plan: ScenarioPlan): number {
  // A ramp-down may end later than the stages, but never later than the grace period after them.
  return plan.startTimeMs + startingTimeMs(plan) + plan.gracefulStopMs;
}
