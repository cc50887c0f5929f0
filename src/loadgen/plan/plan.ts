import type { ThresholdPlan } from '../../summary/k6/threshold.js';
import type { BuiltInPlan } from '../scenario/scenario-definition.js';
import type { DialPlan, Target } from '../client/dial-plan.js';
import type { ExecutionSegment } from './execution-segment.js';
import type { PlanShard } from './plan-shard.js';
import type { RuntimeOptions } from '../client/read-network.js';
import { maxScenarioMs, maxScenarioVus } from '../executor/index.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';

/**
 * A built-in scenario with its target, or the functions that a script exports; a script chooses its
 * targets itself.
 */
export type Behaviour =
  | ({
      readonly type: 'built-in';
      /** The first target of its dial plan. */
      readonly target: Target;
      readonly dial: DialPlan;
    } & BuiltInPlan)
  | { readonly type: 'script'; readonly name: string };

/** Format of the summary, where a script or a file sets it. */
export interface PlannedSummary {
  readonly trendStats?: readonly string[];
  readonly timeUnit?: 's' | 'ms' | 'us';
}

/**
 * A whole run, validated. Plain data, so it crosses to threads and into run files. The only secrets
 * in it are those of URLs, of headers and of `env` in a scenario.
 */
export interface Plan {
  readonly behaviour: Behaviour;
  /** The scenarios of the whole plan, even where only a segment of it runs here. */
  readonly scenarios: readonly ScenarioPlan[];
  /** The part of the plan that runs here; undefined for all of it. */
  readonly segment?: ExecutionSegment;
  /** The number of that part if `--shard` chose it. */
  readonly shard?: PlanShard;
  /**
   * Seed of every virtual user's randomness, together with the user's number. Drawn unless given.
   * Runs with different seeds can be compared.
   */
  readonly seed: number;
  /** Tags of every sample of the run. */
  readonly tags: Readonly<Record<string, string>>;
  /** In the order in which they were given. */
  readonly thresholds: readonly ThresholdPlan[];
  /** Submetrics that are kept: those of thresholds, then those that were asked for. */
  readonly submetrics: readonly string[];
  readonly minIterationMs: number;
  /** Number of threads that was asked for. Runs with different numbers can be compared. */
  readonly threads: number;
  readonly runtime: RuntimeOptions;
  readonly summary: PlannedSummary;
  /** True when no load option was given and the default (100 VUs for 30 s) applies. */
  readonly isDefaultLoad: boolean;
}

/** The target of a plan's built-in scenario; undefined for a script. */
export function planTarget({ behaviour }: Plan): Target | undefined {
  return behaviour.type === 'built-in' ? behaviour.target : undefined;
}

/** Maximum duration of the whole run, grace periods included: milliseconds. */
export function maxPlanMs(plan: Plan): number {
  return Math.max(...plan.scenarios.map(maxScenarioMs));
}

/**
 * Maximum number of virtual users of the whole plan, if all scenarios have theirs at the same
 * time.
 */
export function maxPlanVus(plan: Pick<Plan, 'scenarios'>): number {
  return plan.scenarios.reduce((sum, scenario) => sum + maxScenarioVus(scenario), 0);
}
