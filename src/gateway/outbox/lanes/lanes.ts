import type { Clock } from '../../../core/clock.js';
import { LimitedLog } from '../../../core/limited-log.js';
import type { Logger } from '../../../core/logger.js';
import type { QueueLimits } from '../../event/event-queue.js';
import { eventBytes, type GatewayEvent } from '../../event/gateway-event.js';
import type { FailedEvent, RefusedEvent, SinkFailure } from '../../sinks/event-sink.js';
import { backoffMs } from '../../../core/delay.js';
import type { LanePolicy } from '../../config/outbox-config.js';
import type { Attempt, MonitoredSink } from '../monitored-sink.js';
import type { Moment } from './block.js';
import { FrontTrial, type FrontVerdict } from './front-trial.js';
import { LaneQueue, type LaneTrial } from './lane-queue.js';
import type { LaneLimits } from '../outbox-bound.js';

export interface LanesOptions {
  readonly sink: MonitoredSink;
  readonly policy: LanePolicy;
  readonly limits: LaneLimits;
  readonly batch: QueueLimits;
  /** Reads the events behind this one, in order. */
  readonly readBehind: (event: GatewayEvent) => Promise<readonly GatewayEvent[]>;
  /**
   * Resolves to true once the events are in the dead letters; to false when the cursor was stopped.
   */
  readonly keepRefused: (refused: readonly RefusedEvent[]) => Promise<boolean>;
  /** Counts events, and their bytes, that came into a lane or (negative) left it. */
  readonly onAside: (events: number, bytes: number) => void;
  /** Called after each trial that settled something. */
  readonly onSettled: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Part of a batch that the cursor moves over. */
interface PassedBatch {
  readonly events: readonly GatewayEvent[];
  /** Those of `events` that were offered to the sink. */
  readonly offered: readonly GatewayEvent[];
  /** Sequence of the last event that the cursor moves over. */
  readonly through: number;
  readonly failed: readonly FailedEvent[];
}

/** Pause of all lanes after a failure in one: events in order come first. */
const LANE_PAUSE_MS = 100;
/** Interval of the checks whether full lanes have moved. */
const FULL_PAUSE_MS = 1_000;
const SUSPECT_LOGGED_EACH_MS = 60_000;
const UNJUDGED_EFFECT =
  'nothing else waits: it is tried again, and judged as soon as another event shows whether others pass';

/**
 * Everything that one sink gets out of turn. An event that fails while others are delivered waits
 * in the lane of its connection, and so do the later ones of that connection. Lanes are tried again
 * between batches, and give up an event that has had its attempts. An event leaves the order only
 * after the delivery of another one has shown that the sink is working.
 */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #queue: LaneQueue;
  readonly #front: FrontTrial;
  readonly #suspectLog: LimitedLog;
  /** Sequences behind the cursor's position that were delivered before their turn. */
  readonly #early = new Set<number>();
  #notBeforeMs = 0;

  constructor(options: LanesOptions) {
    this.#options = options;
    const { sink, policy, readBehind, clock, log } = options;
    this.#suspectLog = new LimitedLog(log, clock, SUSPECT_LOGGED_EACH_MS);
    const destinationOf = (event: GatewayEvent) => sink.destinationOf(event);
    this.#queue = new LaneQueue({ ...options, destinationOf });
    this.#front = new FrontTrial({
      sink,
      policy,
      readBehind,
      isFree: (event) => !this.#early.has(event.sequence) && !this.#queue.holds(event),
      onUnjudged: ({ id }, { reason }) =>
        log.warn('sink.event-unjudged', { sink: sink.name, reason, id, effect: UNJUDGED_EFFECT }),
      nowMs: () => clock.now(),
    });
  }

  /** Number of events that wait in lanes. */
  get events(): number {
    return this.#queue.events;
  }

  /** Number of events that were delivered before the cursor came to them. */
  get early(): number {
    return this.#early.size;
  }

  get destinationsAway(): number {
    return this.#queue.destinationsAway;
  }

  /** Reason why the oldest event in a lane waits. */
  get reason(): string | undefined {
    return this.#queue.reason;
  }

  /** Infinity when no event waits in a lane. */
  get oldestSequence(): number {
    return this.#queue.oldestSequence;
  }

  /** The front event that failed last, if it has had its attempts and cannot be judged. */
  get unjudged(): GatewayEvent | undefined {
    return this.#front.unjudged;
  }

  get isOverLimits(): boolean {
    return this.#queue.isOverLimits;
  }

  /** Time of the next trial; Infinity when no event waits in a lane. */
  get dueMs(): number {
    return Math.max(this.#notBeforeMs, this.#queue.nextDueMs);
  }

  /**
   * The events of a batch that may be offered now: neither delivered already nor held up by a lane.
   */
  offerable(events: readonly GatewayEvent[]): readonly GatewayEvent[] {
    if (this.#queue.events === 0 && this.#early.size === 0) return events;
    const waiting = new Set<string>();
    return events.filter((event) => {
      if (this.#early.has(event.sequence)) return false;
      if (!waiting.has(event.connection) && !this.#queue.holds(event)) return true;
      waiting.add(event.connection);
      return false;
    });
  }

  /** Puts those events into lanes that failed or were not offered. */
  pass({ events, offered, through, failed }: PassedBatch): void {
    const queue = this.#queue;
    const failures = new Map(failed.map(({ event, failure }) => [event, failure]));
    const wereOffered = new Set(offered);
    const at = this.#moment();
    for (const event of events) {
      if (event.sequence > through) break;
      const failure = failures.get(event);
      const isWaiting = !wereOffered.has(event) && !this.#early.delete(event.sequence);
      if (failure !== undefined && !queue.holds(event)) this.#warnOfSuspect(event, failure);
      if (failure !== undefined || isWaiting) queue.add(event, at, failure);
      queue.passedBytes(eventBytes(event));
    }
  }

  /**
   * Judges the event at the cursor's position after it failed alone. Undefined when it must be
   * tried again.
   */
  async judgeFront(front: GatewayEvent, failure: SinkFailure): Promise<FrontVerdict | undefined> {
    const verdict = await this.#front.judge(front, failure);
    if (verdict === undefined || verdict.kind === 'delivered') return verdict;
    if (verdict.early !== undefined) this.#early.add(verdict.early.sequence);
    return verdict;
  }

  /** Drops what waits before `sequence`. Returns the events dropped, less those delivered early. */
  dropBefore(sequence: number): number {
    let dropped = this.#queue.dropBefore(sequence);
    for (const early of this.#early) {
      if (early >= sequence) continue;
      this.#early.delete(early);
      dropped--;
    }
    return dropped;
  }

  /** Makes all trials due now. */
  hurry(): void {
    this.#notBeforeMs = 0;
    this.#queue.hurry(this.#options.clock.now());
  }

  /** Makes the next trial and returns the pause to make then; undefined when none is due. */
  async tryNext(): Promise<number | undefined> {
    const moment = this.#moment();
    if (moment.nowMs < this.#notBeforeMs) return undefined;
    const trial = this.#queue.next(moment, this.#options.batch);
    return trial === undefined ? undefined : this.#try(trial);
  }

  /**
   * Stops the order while lanes are full, until the oldest event moves or fails while others are
   * delivered. Returns the pause to make.
   */
  async holdBack(): Promise<number> {
    const { sink, clock } = this.#options;
    if (await this.giveUp()) return 0;
    this.#queue.hurryOldest(clock.now());
    sink.failed('sink.away', this.reason ?? 'Too much waits for destinations that are away.');
    return FULL_PAUSE_MS;
  }

  /** Moves events that have had their attempts to the dead letters. True when there were any. */
  async giveUp(): Promise<boolean> {
    const { clock, keepRefused } = this.#options;
    let isAny = false;
    for (let letter = this.#givenUp(); letter !== undefined; letter = this.#givenUp()) {
      if (!(await keepRefused([letter]))) return isAny;
      this.#queue.done(letter.event, false);
      isAny = true;
    }
    if (isAny) this.#notBeforeMs = clock.now();
    return isAny;
  }

  async #try(trial: LaneTrial): Promise<number> {
    const { sink, keepRefused, onSettled, clock } = this.#options;
    const queue = this.#queue;
    if (trial.needsControl && !(await this.#controlPasses())) {
      queue.postpone(trial.events, clock.now());
      return 0;
    }
    const attempt = await sink.offer(trial.events);
    if (attempt.failure?.blames === 'sink') {
      queue.postpone(trial.events, clock.now());
      sink.failed('sink.away', attempt.failure.reason);
      return backoffMs(sink.failures);
    }
    if (!(await keepRefused(attempt.refused))) return 0;
    // A sink that answers for each event is available, whatever the answer. But full lanes hold up
    // everything.
    if (attempt.delivered > 0 || (attempt.failure === undefined && !queue.isOverLimits)) sink.succeeded();
    if (attempt.delivered === 0) this.#notBeforeMs = clock.now() + LANE_PAUSE_MS;
    this.#settle(trial, attempt);
    await this.giveUp();
    onSettled();
    return 0;
  }

  #settle({ kind, events }: LaneTrial, { settled, refused, failed, failure }: Attempt): void {
    const queue = this.#queue;
    const at = this.#moment();
    const failures = new Map(failed.map((each) => [each.event, each.failure]));
    const letters = new Set(refused.map(({ event }) => event));
    for (const event of events.slice(0, settled)) {
      const ownFailure = failures.get(event);
      if (ownFailure === undefined) queue.done(event, !letters.has(event));
      else queue.failedAgain(event, ownFailure, at);
    }
    const front = settled === 0 ? events[0] : undefined;
    if (front === undefined || failure === undefined) return;
    if (kind === 'unblocked' && events.length > 1) queue.tryFewer();
    else queue.failedAgain(front, failure, at);
  }

  /** Offers an event that was delivered before: true when the sink accepts it again. */
  async #controlPasses(): Promise<boolean> {
    const { sink } = this.#options;
    return sink.lastDelivered !== undefined && (await sink.offer([sink.lastDelivered])).delivered === 1;
  }

  #givenUp(): RefusedEvent | undefined {
    return this.#queue.events === 0 ? undefined : this.#queue.givenUp(this.#options.clock.now());
  }

  #warnOfSuspect(event: GatewayEvent, { blames, reason }: SinkFailure): void {
    const effect =
      blames === 'destination'
        ? 'events for its destination wait; the others go on'
        : 'it waits with the later events of its connection; the others go on';
    this.#suspectLog.warn('sink.event-aside', { sink: this.#options.sink.name, reason, id: event.id, effect });
  }

  #moment(): Moment {
    const { clock, sink } = this.#options;
    return { nowMs: clock.now(), delivered: sink.delivered };
  }
}
