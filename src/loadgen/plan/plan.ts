/** Where the virtual users connect: as the user wrote it, and as a URL with scheme, port and path spelt out. */
export interface Target {
  readonly given: string;
  readonly normalised: string;
}

/** What every executor's settings have. */
interface ExecutorBase {
  /** Of the k6 scenario; `default` when it came from the short options. */
  readonly name: string;
  readonly vus: number;
  /** How long iterations may go on after the executor's time is up, before they are interrupted. */
  readonly gracefulStopMs: number;
}

/** A fixed number of virtual users iterate for a time. */
interface ConstantVusPlan extends ExecutorBase {
  readonly executor: 'constant-vus';
  readonly durationMs: number;
}

/** A fixed number of iterations that the virtual users take from one pool. */
interface SharedIterationsPlan extends ExecutorBase {
  readonly executor: 'shared-iterations';
  readonly iterations: number;
  readonly maxDurationMs: number;
}

/** A fixed number of iterations for each virtual user. */
interface PerVuIterationsPlan extends ExecutorBase {
  readonly executor: 'per-vu-iterations';
  readonly iterations: number;
  readonly maxDurationMs: number;
}

/** One k6 scenario: an executor and its settings. A further executor is one more member here and one more file in executor/. */
export type ScenarioPlan = ConstantVusPlan | SharedIterationsPlan | PerVuIterationsPlan;

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

/** The time in which a scenario may start iterations: milliseconds. */
export function startingTimeMs(scenario: ScenarioPlan): number {
  return scenario.executor === 'constant-vus' ? scenario.durationMs : scenario.maxDurationMs;
}

/** The longest that a scenario can take, its graceful stop included: milliseconds. */
function maxScenarioMs(scenario: ScenarioPlan): number {
  return startingTimeMs(scenario) + scenario.gracefulStopMs;
}

/** The longest that the whole run can take, graceful stops included: milliseconds. */
export function maxPlanMs(plan: Plan): number {
  return Math.max(...plan.scenarios.map(maxScenarioMs));
}

/** The most virtual users that can be active at once. */
export function maxPlanVus(plan: Plan): number {
  return plan.scenarios.reduce((sum, scenario) => sum + scenario.vus, 0);
}
