import type { MetricDefinition } from '../../run-file/records.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';
import type { CheckRecorder } from '../metric/check-recorder.js';
import type { SeriesRegistry } from '../metric/series-registry.js';
import type { Tags } from '../metric/series.js';
import type { OptionValues } from '../options/option-values.js';
import type { OptionEntry } from '../options/option.js';
import type { Stripe } from '../pacing/stripe.js';
import type { Scenario, UserDeps } from './scenario.js';

/** Settings of a built-in scenario: plain data, so it crosses to threads and into run files. */
export interface BuiltInPlan {
  readonly name: string;
  readonly [setting: string]: unknown;
}

/** Defaults that follow from where virtual users connect. */
export interface BuiltInDefaults {
  /** Where a gateway at the target takes messages for all connections. */
  readonly publishUrl: string;
}

/** The collaborators of a built-in scenario in one thread. */
export interface BuiltInDeps {
  readonly seed: number;
  readonly registry: SeriesRegistry;
  /** The part of the plan's numbers that belongs to this process. */
  readonly stripe: Stripe;
  readonly complain: (sentence: string) => void;
}

/** One k6 scenario of the plan, whose virtual users run the built-in scenario. */
export interface BuiltInPart {
  readonly part: ScenarioPlan;
  readonly tags: Tags;
  readonly deps: UserDeps;
  readonly checks: (name: string) => CheckRecorder;
  /** Virtual users of this thread. */
  readonly ownUsers: number;
}

/**
 * One built-in scenario: its settings, its metrics and its virtual users. Plans are matched with
 * their definition by name, so a definition only gets plans that its own `read` made. Its page is
 * in docs/scenarios.
 */
export interface BuiltInDefinition<P extends BuiltInPlan = BuiltInPlan> {
  readonly name: P['name'];
  /** The options that it obeys, besides those of connections and of the load. */
  readonly options: readonly OptionEntry[];
  /** Metrics that it records besides k6's. */
  readonly metrics: readonly MetricDefinition[];
  /**
   * `held`: each virtual user holds one connection for the whole time, so executors that end
   * earlier are refused; `any`: it runs in every executor.
   */
  readonly executors: 'held' | 'any';
  /** It runs in one thread, for its virtual users share state. */
  readonly isSingleThreaded?: boolean;
  /** It expects messages that only the gateway's helper loop sends. */
  readonly needsHelperLoop?: boolean;
  /** Advice for a run that received no message; undefined when none is expected. */
  readonly silenceRemedy?: string;

  /** Reads its settings; problems go to the options' reader. */
  read(options: OptionValues, defaults: BuiltInDefaults): P;
  /** Makes a k6 scenario fit its settings; as it is unless given. */
  fit?(plan: P, scenario: ScenarioPlan): ScenarioPlan;
  /** Its settings without secrets, for the run file; all of them unless given. */
  record?(plan: P): BuiltInPlan;
  /**
   * Makes its metrics, once a thread; what it returns makes a scenario of each part of the plan.
   */
  create(plan: P, deps: BuiltInDeps): (part: BuiltInPart) => Scenario;
}

export function counterMetric(name: string): MetricDefinition {
  return { name, type: 'counter', contains: 'default' };
}

export function timeMetric(name: string): MetricDefinition {
  return { name, type: 'trend', contains: 'time' };
}
