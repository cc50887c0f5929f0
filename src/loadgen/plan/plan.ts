import { maxScenarioMs, maxScenarioVus, type ScenarioPlan } from './scenario-plan.js';

/** Where the virtual users connect: as the user wrote it, and as a URL with scheme, port and path spelt out. */
export interface Target {
  readonly given: string;
  readonly normalised: string;
}

/** What a virtual user does in an iteration: the built-in scenarios. */
export const BUILT_IN_SCENARIOS = ['snapshot'] as const;
export type BuiltInScenario = (typeof BUILT_IN_SCENARIOS)[number];

/** A whole run as validated: plain data, so it crosses to threads and into run files as it is. */
export interface Plan {
  readonly target: Target;
  readonly behaviour: BuiltInScenario;
  readonly scenarios: readonly ScenarioPlan[];
  /** Every virtual user's randomness follows from it and the user's number. */
  readonly seed: number;
  /** True when no load option was given and the default (100 VUs for 30 s) stands. */
  readonly isDefaultLoad: boolean;
}

/** The longest that the whole run can take, graceful stops included: milliseconds. */
export function maxPlanMs(plan: Plan): number {
  return Math.max(...plan.scenarios.map(maxScenarioMs));
}

/** The most virtual users that can be active at once, if all scenarios have theirs at the same time. */
export function maxPlanVus(plan: Plan): number {
  return plan.scenarios.reduce((sum, scenario) => sum + maxScenarioVus(scenario), 0);
}
