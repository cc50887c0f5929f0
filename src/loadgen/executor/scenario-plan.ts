import { mostVus, stagesMs, type Stage } from '../pacing/stages.js';

/** What every executor's settings have (k6 docs, "Scenarios", common options). */
export interface ScenarioBase {
  /** `default` when it came from the short options. */
  readonly name: string;
  /** When it begins, from the start of the run. */
  readonly startTimeMs: number;
  /** How long iterations may go on after the executor's time is up, before they are interrupted. */
  readonly gracefulStopMs: number;
  /** The exported function of a script that is an iteration. */
  readonly exec: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** A fixed number of virtual users iterate for a time. */
export interface ConstantVusPlan extends ScenarioBase {
  readonly executor: 'constant-vus';
  readonly vus: number;
  readonly durationMs: number;
}

/** A number of virtual users that follows stages. */
export interface RampingVusPlan extends ScenarioBase {
  readonly executor: 'ramping-vus';
  readonly startVus: number;
  readonly stages: readonly Stage[];
  /** How long an iteration may go on when its virtual user is no longer planned. */
  readonly gracefulRampDownMs: number;
}

/** A fixed number of iterations that the virtual users take from one pool. */
export interface SharedIterationsPlan extends ScenarioBase {
  readonly executor: 'shared-iterations';
  readonly vus: number;
  readonly iterations: number;
  readonly maxDurationMs: number;
}

/** A fixed number of iterations for each virtual user. */
export interface PerVuIterationsPlan extends ScenarioBase {
  readonly executor: 'per-vu-iterations';
  readonly vus: number;
  readonly iterations: number;
  readonly maxDurationMs: number;
}

/** What both arrival rates have. */
interface ArrivalRateBase extends ScenarioBase {
  readonly timeUnitMs: number;
  readonly preAllocatedVus: number;
  readonly maxVus: number;
}

/** Iterations begin at a constant rate, as long as there are virtual users for them. */
export interface ConstantArrivalRatePlan extends ArrivalRateBase {
  readonly executor: 'constant-arrival-rate';
  readonly rate: number;
  readonly durationMs: number;
}

/** Iterations begin at a rate that follows stages. */
export interface RampingArrivalRatePlan extends ArrivalRateBase {
  readonly executor: 'ramping-arrival-rate';
  readonly startRate: number;
  readonly stages: readonly Stage[];
}

/** One k6 scenario: an executor and its settings. */
export type ScenarioPlan =
  | ConstantVusPlan
  | RampingVusPlan
  | SharedIterationsPlan
  | PerVuIterationsPlan
  | ConstantArrivalRatePlan
  | RampingArrivalRatePlan;

/** The time in which a scenario may start iterations, from its own start: milliseconds. */
export function startingTimeMs(scenario: ScenarioPlan): number {
  switch (scenario.executor) {
    case 'constant-vus':
    case 'constant-arrival-rate':
      return scenario.durationMs;
    case 'ramping-vus':
    case 'ramping-arrival-rate':
      return stagesMs(scenario.stages);
    case 'shared-iterations':
    case 'per-vu-iterations':
      return scenario.maxDurationMs;
  }
}

/** The most virtual users that it can have at once. */
export function maxScenarioVus(scenario: ScenarioPlan): number {
  switch (scenario.executor) {
    case 'constant-vus':
    case 'shared-iterations':
    case 'per-vu-iterations':
      return scenario.vus;
    case 'ramping-vus':
      return mostVus(scenario.startVus, scenario.stages);
    case 'constant-arrival-rate':
    case 'ramping-arrival-rate':
      return scenario.maxVus;
  }
}

/** The virtual users that there are from the start. */
export function plannedVus(scenario: ScenarioPlan): number {
  return 'preAllocatedVus' in scenario ? scenario.preAllocatedVus : maxScenarioVus(scenario);
}

/** How many iterations there are in all; undefined when time is the limit. */
export function plannedIterations(scenario: ScenarioPlan): number | undefined {
  if (scenario.executor === 'shared-iterations') return scenario.iterations;
  return scenario.executor === 'per-vu-iterations' ? scenario.iterations * scenario.vus : undefined;
}

/**
 * The longest until it is over, from the start of the run, its graceful stop included:
 * milliseconds.
 */
export function maxScenarioMs(scenario: ScenarioPlan): number {
  // What ramps down may end later than the stages, but never later than the graceful stop behind
  // them.
  return scenario.startTimeMs + startingTimeMs(scenario) + scenario.gracefulStopMs;
}
