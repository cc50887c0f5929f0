import type { ThresholdPlan } from '../../summary/k6/threshold.js';
import type { BuiltInPlan } from '../scenario/scenario-definition.js';
import type { DialPlan, Target } from '../client/dial-plan.js';
import type { ExecutionSegment } from './execution-segment.js';
import type { RuntimeOptions } from '../client/read-network.js';
import { maxScenarioMs, maxScenarioVus } from '../executor/index.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';

/**
 * A built-in scenario at its target, or the functions that a script exports; a script knows by
 * itself where it connects.
 */
export type Behaviour =
  | ({
      readonly type: 'built-in';
      /** The first of its dial plan. */
      readonly target: Target;
      readonly dial: DialPlan;
    } & BuiltInPlan)
  | { readonly type: 'script'; readonly name: string };

/** Format of the summary, where a script or a file sets it. */
export interface SummaryFormat {
  readonly trendStats?: readonly string[];
  readonly timeUnit?: 's' | 'ms' | 'us';
}

/**
 * A whole run as validated: plain data, so it crosses to threads and into run files as it is. It
 * holds no secrets but those of the URL and of `env` in a scenario.
 */
export interface Plan {
  readonly behaviour: Behaviour;
  /** Of the whole, also where only a segment of it runs here. */
  readonly scenarios: readonly ScenarioPlan[];
  /** What of it runs here; undefined for all. */
  readonly segment?: ExecutionSegment;
  /**
   * Every virtual user's randomness follows from it and the user's number. Drawn unless given; no
   * part of what a run is compared by.
   */
  readonly seed: number;
  /** Of every sample of the run. */
  readonly tags: Readonly<Record<string, string>>;
  /** In the order in which they were given. */
  readonly thresholds: readonly ThresholdPlan[];
  /** Series of tags that are kept besides the metrics: those of thresholds and those asked for. */
  readonly submetrics: readonly string[];
  readonly minIterationMs: number;
  /** As many as are wanted; no part of what a run is compared by. */
  readonly threads: number;
  readonly runtime: RuntimeOptions;
  readonly summary: SummaryFormat;
  /** True when no load option was given and the default (100 VUs for 30 s) stands. */
  readonly isDefaultLoad: boolean;
}

/** Where the built-in scenario of a plan connects; undefined for a script. */
export function planTarget({ behaviour }: Plan): Target | undefined {
  return behaviour.type === 'built-in' ? behaviour.target : undefined;
}

/** The longest that the whole run can take, graceful stops included: milliseconds. */
export function maxPlanMs(plan: Plan): number {
  return Math.max(...plan.scenarios.map(maxScenarioMs));
}

/**
 * The most virtual users that can be active at once, if all scenarios have theirs at the same time;
 * of the whole plan, not of its segment.
 */
export function maxPlanVus(plan: Pick<Plan, 'scenarios'>): number {
  return plan.scenarios.reduce((sum, scenario) => sum + maxScenarioVus(scenario), 0);
}
