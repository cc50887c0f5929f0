import type { Clock } from '../../core/clock.js';
import type { LookupFunction } from 'node:net';
import { sumPaces } from '../health/merge-health.js';
import type { Pace } from '../health/thread-gauges.js';
import type { BuiltInMetrics } from '../metric/built-in-metrics.js';
import { CheckRecorder } from '../metric/check-recorder.js';
import type { SeriesRegistry } from '../metric/series-registry.js';
import { withTags, type Tags } from '../metric/series.js';
import type { Behaviour, Plan } from '../plan/plan.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';
import { ALL_NUMBERS, type Stripe } from '../pacing/stripe.js';
import { builtInOf } from '../scenario/index.js';
import type { BuiltInPart } from '../scenario/scenario-definition.js';
import type { OpenConnections } from '../scenario/open-connections.js';
import type { Scenario } from '../scenario/scenario.js';
import type { ScriptOutput } from './script-load.js';
import { DialTargets } from '../client/dial-targets.js';

/** Options and collaborators of a built-in load. */
export interface BuiltInLoadOptions {
  readonly behaviour: Extract<Behaviour, { readonly type: 'built-in' }>;
  readonly plan: Plan;
  readonly registry: SeriesRegistry;
  readonly metrics: BuiltInMetrics;
  readonly connections: OpenConnections;
  readonly readBuffer: Buffer;
  readonly lookup: LookupFunction;
  readonly clock: Clock;
  readonly events: Pick<ScriptOutput, 'log'>;
  /** The part of the plan's numbers that belongs to this process; undefined for all. */
  readonly stripe: Stripe | undefined;
}

/** The built-in behaviour of a load, with one scenario for each scenario of the plan. */
export class BuiltInLoad {
  readonly #create: (part: BuiltInPart) => Scenario;
  readonly #targets: DialTargets;
  readonly #scenarios: Scenario[] = [];

  readonly #options: BuiltInLoadOptions;

  constructor(options: BuiltInLoadOptions) {
    this.#options = options;
    const { behaviour, plan, registry, stripe = ALL_NUMBERS, events } = options;
    const complain = (text: string): void => events.log({ level: 'warning', text });
    this.#create = builtInOf(behaviour).create(behaviour, { seed: plan.seed, registry, stripe, complain });
    this.#targets = new DialTargets(behaviour.dial, plan.runtime);
  }

  /** `numbers` are the numbers of this thread's virtual users. */
  createScenario(part: ScenarioPlan, tags: Tags, numbers: readonly number[]): Scenario {
    const { clock, readBuffer, lookup, metrics, connections } = this.#options;
    const targets = this.#targets;
    const deps = { clock, readBuffer, lookup, targets, metrics: metrics.bindSession(tags), connections };
    const checks = (name: string): CheckRecorder => this.#checkRecorder(name, tags);
    const scenario = this.#create({ part, tags, deps, checks, ownUsers: numbers.length });
    this.#scenarios.push(scenario);
    return scenario;
  }

  /** Returns the pace of all its scenarios since the last call; undefined without a schedule. */
  takePace(): Pace | undefined {
    return sumPaces(this.#scenarios.map((scenario) => scenario.takePace?.()));
  }

  /** Called when all virtual users have ended. */
  end(): void {
    for (const scenario of this.#scenarios) scenario.end?.();
  }

  #checkRecorder(name: string, tags: Tags): CheckRecorder {
    const { registry, metrics } = this.#options;
    return new CheckRecorder(registry.check(name), metrics.checks.bind(withTags(tags, new Map([['check', name]]))));
  }
}
