import { bindActions, type Actions } from '../metric/metric.js';
import type { SeriesRegistry } from '../metric/series-registry.js';
import type { Series, Tags } from '../metric/series.js';
import { OPTIONS } from '../options/index.js';
import { isStriped, type Stripe } from '../pacing/stripe.js';
import { CONNECTION_METRICS, heldFactory, HeldUser, readHeld, type HeldDeps, type HeldPlan } from './held-user.js';
import { counterMetric, timeMetric, type BuiltInDefinition, type BuiltInPlan } from './scenario-definition.js';
import type { Scenario, VirtualUser } from './scenario.js';
import type { Session, SessionResult } from './session.js';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 1000;
const DEFAULT_EVERY_MS = 10_000;

/** Settings of `storm`. */
export interface StormPlan extends BuiltInPlan, HeldPlan {
  readonly name: 'storm';
  /** From one storm to the next; the first comes this long after the start: milliseconds. */
  readonly everyMs: number;
}

/** Metrics of reconnecting. */
export interface StormMetrics {
  /** From the storm, from the dial, and the time between them, of each connection. */
  readonly reconnecting: Actions;
  /** From a storm until all connections are open again. */
  readonly recovery: Series;
  readonly storms: Series;
  readonly unrecovered: Series;
}

/** Shared by the virtual users of a storm scenario. */
interface StormDeps {
  readonly held: HeldDeps;
  readonly plan: StormPlan;
  readonly metrics: StormMetrics;
  /** The storms that this process counts. */
  readonly stripe: Stripe;
}

/**
 * All connections are cut at once, as when a gateway or a network fails, and dial again at once. A
 * failed dial is repeated after 100 ms, 200 ms and so on up to 1 s. Records the time until each
 * connection, and until the last one, is open again.
 *
 * Shards cut their connections at the same times from the start. Each storm is counted by one of
 * them, and each shard records when the last of its own connections is open again.
 */
class StormScenario implements Scenario {
  readonly #present = new Set<StormUser>();
  /** Number of connections that a storm has cut and that are not open again; time of that storm. */
  #away = 0;
  #stormMs = 0;
  #hasBegun = false;
  #cancelNext: () => void = () => undefined;

  readonly metrics: StormMetrics;
  readonly #held: HeldDeps;
  readonly #plan: StormPlan;
  readonly #stripe: Stripe;

  constructor({ held, plan, metrics, stripe }: StormDeps) {
    this.#held = held;
    this.#plan = plan;
    this.metrics = metrics;
    this.#stripe = stripe;
  }

  createUser(vu: number): VirtualUser {
    return new StormUser(this.#held, vu, this);
  }

  end(): void {
    this.#cancelNext();
  }

  opened(user: StormUser, nowMs: number): void {
    this.#present.add(user);
    if (!this.#hasBegun) this.#scheduleNext(0, nowMs);
    this.#hasBegun = true;
  }

  gone(user: StormUser): void {
    this.#present.delete(user);
  }

  /** Called when a virtual user that a storm had cut will not reconnect. */
  gaveUp(): void {
    this.#away -= 1;
  }

  /** Called when a virtual user that a storm had cut is connected again. */
  returned(nowMs: number): void {
    this.#away -= 1;
    if (this.#away === 0) this.metrics.recovery.add(nowMs - this.#stormMs);
  }

  /**
   * Schedules the next storm, which is `least` or a later one, at a multiple of the interval from
   * the start; missed ones are skipped.
   */
  #scheduleNext(least: number, nowMs: number): void {
    const { schedule, deps } = this.#held;
    const storm = Math.max(least, Math.floor((nowMs - schedule.startMs) / this.#plan.everyMs));
    const dueMs = schedule.startMs + (storm + 1) * this.#plan.everyMs;
    if (dueMs >= schedule.endMs) return;
    this.#cancelNext = deps.clock.schedule(() => this.#strike(storm, dueMs), dueMs - nowMs);
  }

  /** `storm` is its number from 0, missed ones included. */
  #strike(storm: number, dueMs: number): void {
    const nowMs = this.#held.deps.clock.now();
    if (this.#present.size > 0) {
      if (this.#away > 0) this.metrics.unrecovered.add(1);
      if (isStriped(storm, this.#stripe)) this.metrics.storms.add(1);
      this.#stormMs = Math.min(dueMs, nowMs);
      this.#away += this.#present.size;
      for (const user of this.#present) user.strike(this.#stormMs);
    }
    this.#scheduleNext(storm + 1, Math.max(dueMs, nowMs));
  }
}

class StormUser extends HeldUser {
  /** Time of the storm that cut its connection; undefined while it is connected. */
  #cutMs: number | undefined;
  #failures = 0;

  readonly #scenario: StormScenario;

  constructor(held: HeldDeps, vu: number, scenario: StormScenario) {
    super(held, vu);
    this.#scenario = scenario;
  }

  onMessage(): void {
    this.held.deps.metrics.messagesReceived.add(1);
  }

  strike(stormMs: number): void {
    this.#cutMs = stormMs;
    this.session?.cut();
  }

  protected opened(session: Session, nowMs: number): void {
    this.#failures = 0;
    this.#scenario.opened(this, nowMs);
    if (this.#cutMs === undefined) return;
    this.#scenario.metrics.reconnecting.add(this.#cutMs, session.dialStartMs, nowMs);
    this.#cutMs = undefined;
    this.#scenario.returned(nowMs);
  }

  override interrupt(): void {
    super.interrupt();
    if (this.#cutMs === undefined) return;
    this.#cutMs = undefined;
    this.#scenario.gaveUp();
  }

  protected override closed(_nowMs: number, { error }: SessionResult): void {
    this.#scenario.gone(this);
    if (error !== undefined) this.#failures += 1;
  }

  protected override get failedDialPauseMs(): number {
    return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
  }
}

/** Makes the metrics of a thread, once; the result binds them to the tags of a scenario. */
function stormMetrics(registry: SeriesRegistry): (tags: Tags) => StormMetrics {
  const reconnecting = registry.timeTrend('ws_reconnecting');
  const recovery = registry.timeTrend('ws_storm_recovery');
  const storms = registry.counter('ws_storms');
  const unrecovered = registry.counter('ws_storms_unrecovered');
  return (tags) => ({
    reconnecting: bindActions(reconnecting, tags),
    recovery: recovery.bind(tags),
    storms: storms.bind(tags),
    unrecovered: unrecovered.bind(tags),
  });
}

export const storm: BuiltInDefinition<StormPlan> = {
  name: 'storm',
  options: [OPTIONS.every, OPTIONS.connectRate],
  metrics: [
    ...CONNECTION_METRICS,
    timeMetric('ws_reconnecting'),
    timeMetric('ws_storm_recovery'),
    counterMetric('ws_storms'),
    counterMetric('ws_storms_unrecovered'),
  ],
  executors: 'held',
  isSingleThreaded: true,
  read: (options) => ({
    name: 'storm',
    everyMs: options.value(OPTIONS.every, DEFAULT_EVERY_MS),
    ...readHeld(options),
  }),
  create: (plan, { registry, stripe }) => {
    const held = heldFactory(plan, registry);
    const metrics = stormMetrics(registry);
    return (part) => new StormScenario({ held: held(part), plan, metrics: metrics(part.tags), stripe });
  },
};
