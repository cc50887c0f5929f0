import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { QueueLimits } from '../event/event-queue.js';
import { eventBytes, type GatewayEvent } from '../event/gateway-event.js';
import type { FailedEvent, RefusedEvent, SinkFailure } from '../sinks/event-sink.js';
import { backoffMs } from '../../core/delay.js';
import type { BacklogReader } from './backlog/backlog.js';
import type { Moment } from './lanes/block.js';
import { FrontTrial } from './lanes/front-trial.js';
import { LaneTrials } from './lanes/lane-trials.js';
import type { Lanes } from './lanes/lanes.js';
import type { SinkHealth } from './sink-health.js';
import type { Attempt, SinkOffers } from './sink-offers.js';
import type { LanePolicy } from '../config/sink-config.js';

export interface DeliveryLineOptions {
  readonly reader: BacklogReader;
  /** All up to and with this sequence was acknowledged before. */
  readonly through: number;
  readonly offerThrough: () => number;
  readonly batch: QueueLimits;
  readonly policy: LanePolicy;
  readonly offers: SinkOffers;
  readonly lanes: Lanes;
  readonly health: SinkHealth;
  readonly destinationOf: (event: GatewayEvent) => string | undefined;
  /** Resolves when these are in the dead letters; false when the feed was stopped before. */
  readonly keepRefused: (refused: readonly RefusedEvent[]) => Promise<boolean>;
  /** An event is suspected: others pass. */
  readonly onSuspect: (event: GatewayEvent, failure: SinkFailure) => void;
  /** An event fails again and again, and nothing else waits that could show whether others pass. */
  readonly onUnjudged: (event: GatewayEvent, failure: SinkFailure) => void;
  /** Runs each time something was settled. */
  readonly onMoved: () => void;
  readonly clock: Clock;
}

/** While a batch is made smaller to find the event at fault, a pause is no longer than this. */
const LONGEST_SEARCH_PAUSE_MS = 1_000;

/**
 * What one sink is offered next: the backlog in order, a batch at a time, smaller ones while
 * batches fail; and in between what waits in lanes. An event leaves the order only after another
 * one has passed that shows that the sink is there.
 */
export class DeliveryLine {
  readonly #options: DeliveryLineOptions;
  readonly #front: FrontTrial;
  readonly #trials: LaneTrials;
  /** Taken out of turn, further on. */
  readonly #ahead = new Set<number>();
  #through: number;
  #last: GatewayEvent | undefined;
  /** Most events of the next batch. */
  #size = Infinity;

  constructor(options: DeliveryLineOptions) {
    this.#options = options;
    this.#through = options.through;
    const { offers, policy, destinationOf, onUnjudged, clock } = options;
    this.#trials = new LaneTrials(options);
    this.#front = new FrontTrial({
      offers,
      policy,
      destinationOf,
      onUnjudged,
      window: async ({ sequence }) => (await this.#read(Infinity, sequence + 1)) ?? [],
      isFree: (event) => !this.#ahead.has(event.sequence) && !options.lanes.holds(event),
      nowMs: () => clock.now(),
    });
  }

  /** All up to and with this sequence is settled or waits in a lane. */
  get through(): number {
    return this.#through;
  }

  /** The event at `through`; undefined before the first. */
  get last(): GatewayEvent | undefined {
    return this.#last;
  }

  /** Events behind `through` that are settled already. */
  get aheadCount(): number {
    return this.#ahead.size;
  }

  /**
   * The event at the front, if it has failed for long and nothing else waits that could show
   * whether others pass.
   */
  get unjudged(): GatewayEvent | undefined {
    const { unjudged } = this.#front;
    return unjudged !== undefined && unjudged.sequence > this.#through ? unjudged : undefined;
  }

  /** When there is something to do; Infinity when there is nothing. */
  get dueMs(): number {
    if (this.#hasOffer()) return 0;
    return this.#trials.dueMs;
  }

  /** Passes over all before `sequence`: how many events that were. */
  skipTo(sequence: number): number {
    let missed = this.#options.lanes.dropBefore(sequence) + Math.max(0, sequence - 1 - this.#through);
    for (const ahead of this.#ahead) {
      if (ahead >= sequence) continue;
      this.#ahead.delete(ahead);
      missed--;
    }
    this.#through = Math.max(this.#through, sequence - 1);
    return Math.max(0, missed);
  }

  /** Does the next thing: how long to wait before the one after that. */
  async step(): Promise<number> {
    const pauseMs = await this.#trials.next();
    if (pauseMs !== undefined) return pauseMs;
    if (!this.#hasOffer()) return 0;
    return this.#options.lanes.isOverLimits ? this.#trials.holdBack() : this.#deliver();
  }

  /** Tries at once what waits in lanes. */
  hurry(): void {
    this.#trials.hurry();
  }

  #hasOffer(): boolean {
    return this.#options.offerThrough() > this.#through;
  }

  async #deliver(): Promise<number> {
    const { offers, health } = this.#options;
    const through = this.#options.offerThrough();
    const events = await this.#read(this.#size);
    if (events === undefined) return backoffMs(health.failures);
    if (events.length === 0) return this.#passLost(through);
    const offered = this.#offerable(events);
    if (offered.length === 0) {
      this.#advance(events, [], events.at(-1));
      return 0;
    }
    const attempt = onEvidence(await offers.offer(offered));
    if (!(await this.#options.keepRefused(attempt.refused))) return 0;
    if (attempt.taken > 0) health.succeeded();
    const isWhole = attempt.settled === offered.length;
    const reached = isWhole ? events.at(-1) : before(events, offered[attempt.settled]);
    this.#advance(events, offered, reached, attempt.failed);
    if (isWhole) this.#size *= 2;
    await this.#trials.giveUp();
    if (attempt.failure === undefined || attempt.settled > 0) return 0;
    return this.#failed(offered, attempt.failure);
  }

  /** Consecutive events from `from` on; undefined when they cannot be read. */
  async #read(maxEvents: number, from = this.#through + 1): Promise<readonly GatewayEvent[] | undefined> {
    const { reader, offerThrough, batch, health } = this.#options;
    try {
      const most = Math.max(1, Math.min(batch.maxEvents, maxEvents));
      const through = offerThrough();
      return from > through ? [] : await reader.read({ ...batch, from, through, maxEvents: most });
    } catch (error) {
      // The next attempt begins anew, in case the file was replaced meanwhile.
      await reader.reset();
      health.failed('outbox.unreadable', errorMessage(error));
      return undefined;
    }
  }

  /** The log is damaged there: what it lost is counted, and nothing waits for it. */
  #passLost(through: number): number {
    this.#through = Math.max(this.#through, through);
    this.#options.onMoved();
    return 0;
  }

  /**
   * Without those that were taken out of turn, and those that have to wait behind others in a lane.
   */
  #offerable(events: readonly GatewayEvent[]): readonly GatewayEvent[] {
    const { lanes } = this.#options;
    if (lanes.events === 0 && this.#ahead.size === 0) return events;
    const waiting = new Set<string>();
    return events.filter((event) => {
      if (this.#ahead.has(event.sequence)) return false;
      if (!waiting.has(event.connection) && !lanes.holds(event)) return true;
      waiting.add(event.connection);
      return false;
    });
  }

  /** Moves on to `reached`; what failed or has to wait on the way goes to its lane. */
  #advance(
    events: readonly GatewayEvent[],
    offered: readonly GatewayEvent[],
    reached: GatewayEvent | undefined,
    failed: readonly FailedEvent[] = [],
  ): void {
    if (reached === undefined) return;
    const isPlain = failed.length === 0 && offered.length === events.length && this.#options.lanes.events === 0;
    if (!isPlain) this.#fillLanes(events, offered, { through: reached.sequence, failed });
    this.#last = reached;
    this.#through = Math.max(this.#through, reached.sequence);
    this.#options.onMoved();
  }

  #fillLanes(
    events: readonly GatewayEvent[],
    offered: readonly GatewayEvent[],
    { through, failed }: { readonly through: number; readonly failed: readonly FailedEvent[] },
  ): void {
    const { lanes } = this.#options;
    const failures = new Map(failed.map(({ event, failure }) => [event, failure]));
    const wereOffered = new Set(offered);
    const at = this.#moment();
    for (const event of events) {
      if (event.sequence > through) break;
      const failure = failures.get(event);
      const isWaiting = !wereOffered.has(event) && !this.#ahead.delete(event.sequence);
      if (failure !== undefined && !lanes.holds(event)) this.#options.onSuspect(event, failure);
      if (failure !== undefined || isWaiting) lanes.add(event, at, failure);
      lanes.passedBytes(eventBytes(event));
    }
  }

  /** Nothing of what was offered is settled. */
  async #failed(offered: readonly GatewayEvent[], failure: SinkFailure): Promise<number> {
    const { health } = this.#options;
    const { length } = offered;
    const { blames } = failure;
    if (blames === 'sink') return this.#away(failure);
    if (length === 1) return (await this.#isFrontPassed(offered, failure)) ? 0 : this.#away(failure);
    if (blames === 'attempt') {
      const pauseMs = this.#away(failure);
      if (health.failures > 1) this.#size = Math.ceil(length / 2);
      return Math.min(pauseMs, LONGEST_SEARCH_PAUSE_MS);
    }
    this.#size = blames === 'event' ? Math.ceil(length / 2) : 1;
    return 0;
  }

  #away({ reason }: SinkFailure): number {
    const { health } = this.#options;
    health.failed('sink.away', reason);
    return backoffMs(health.failures);
  }

  /** Whether the front event is out of the way of the others now. */
  async #isFrontPassed([front]: readonly GatewayEvent[], failure: SinkFailure): Promise<boolean> {
    if (front === undefined) return true;
    const { health, keepRefused } = this.#options;
    const verdict = await this.#front.failed(front, failure);
    if (verdict === undefined) return false;
    health.succeeded();
    if (verdict.kind !== 'taken' && verdict.ahead !== undefined) this.#ahead.add(verdict.ahead.sequence);
    if (verdict.kind === 'given-up' && !(await keepRefused([verdict.letter]))) return true;
    const failed = verdict.kind === 'suspect' ? [{ event: front, failure }] : [];
    this.#advance([front], [front], front, failed);
    return true;
  }

  #moment(): Moment {
    return { nowMs: this.#options.clock.now(), passed: this.#options.offers.passed };
  }
}

/**
 * Without an event that passed nothing shows that those that failed differ from others: then the
 * whole batch failed.
 */
function onEvidence(attempt: Attempt): Attempt {
  const [first] = attempt.failed;
  if (first === undefined || attempt.taken > 0) return attempt;
  const refused = attempt.refused.filter(({ event }) => event.sequence < first.event.sequence);
  return { settled: refused.length, refused, failed: [], taken: 0, failure: first.failure };
}

/** The event right before this one. */
function before(events: readonly GatewayEvent[], event: GatewayEvent | undefined): GatewayEvent | undefined {
  return event === undefined ? undefined : events[events.indexOf(event) - 1];
}
