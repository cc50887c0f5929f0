import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { QueueLimits } from '../event/event-queue.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import type { EventSink, FailedEvent, RefusedEvent, SinkFailure } from '../sinks/event-sink.js';
import { backoffMs, Pause } from '../../core/delay.js';
import type { Backlog, BacklogReader } from './backlog/backlog.js';
import type { BacklogMarks } from './backlog/backlog-marks.js';
import type { DeadLetters } from './letters/dead-letters.js';
import { Lanes } from './lanes/lanes.js';
import { MonitoredSink, type Attempt } from './monitored-sink.js';
import type { SinkState } from './outbox.js';
import type { LanePolicy } from '../config/outbox-config.js';
import type { LaneLimits } from './outbox-bound.js';

export interface SinkCursorOptions {
  readonly sink: EventSink;
  /** True when the outbox waits for this sink. */
  readonly required: boolean;
  readonly backlog: Backlog;
  readonly marks: BacklogMarks;
  /** Where an earlier process stopped. */
  readonly deliveredThrough: number;
  /** Sequence of the last event that may be offered now. */
  readonly offerThrough: () => number;
  readonly deadLetters: DeadLetters;
  readonly batch: QueueLimits;
  readonly policy: LanePolicy;
  readonly laneLimits: LaneLimits;
  /** A batch without an answer after this time makes the sink count as unavailable. */
  readonly silentAfterMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called each time the cursor has moved. */
  readonly onDelivered: () => void;
}

/** Longest pause between smaller and smaller batches, which find the event at fault. */
const LONGEST_SEARCH_PAUSE_MS = 1_000;

/**
 * One sink's cursor through the backlog. Delivers a batch at a time, in order, and repeats what was
 * not settled after a growing pause, in smaller batches while they fail. The cursor never moves
 * back. `Lanes` has what the sink gets out of turn.
 */
export class SinkCursor {
  readonly #options: SinkCursorOptions;
  readonly #sink: MonitoredSink;
  readonly #lanes: Lanes;
  readonly #reader: BacklogReader;
  readonly #batch: QueueLimits;
  readonly #pause: Pause;
  /** All up to and with this sequence is settled or waits in a lane. */
  #position: number;
  /** The event at `position`; undefined before the first. */
  #last: GatewayEvent | undefined;
  /** Most events of the next batch. */
  #size = Infinity;
  /** Events before this sequence are no longer offered. */
  #skipBefore = 0;
  #missedEvents = 0;
  #isBusy = false;
  #isStopped = false;
  #cancelTrial: (() => void) | undefined;

  constructor(options: SinkCursorOptions) {
    this.#options = options;
    const { sink, backlog, batch, policy, laneLimits, silentAfterMs, clock, log } = options;
    this.#position = options.deliveredThrough;
    this.#pause = new Pause(clock);
    this.#reader = backlog.reader();
    this.#batch = { ...batch, maxEvents: Math.min(batch.maxEvents, sink.maxBatchEvents ?? Infinity) };
    this.#sink = new MonitoredSink({ sink, clock, silentAfterMs, waiting: () => this.waiting, log });
    this.#lanes = new Lanes({
      sink: this.#sink,
      policy,
      limits: laneLimits,
      batch: this.#batch,
      readBehind: async ({ sequence }) => (await this.#read(Infinity, sequence + 1)) ?? [],
      keepRefused: (refused) => this.#keepRefused(refused),
      onAside: (events, bytes) => backlog.setAside(events, bytes),
      onSettled: () => this.#moved(),
      clock,
      log,
    });
  }

  get name(): string {
    return this.#sink.name;
  }

  get required(): boolean {
    return this.#options.required;
  }

  /** All up to and with this sequence is acknowledged, refused for good or skipped. */
  get deliveredThrough(): number {
    return Math.min(this.#position, this.#lanes.oldestSequence - 1);
  }

  /** The cursor will read nothing up to and with this sequence again. */
  get releasedThrough(): number {
    // Lanes keep their events in memory; after a crash only the log could give them back.
    const isLogged = this.#options.laneLimits.maxSpanBytes < Infinity;
    return Math.max(isLogged ? this.deliveredThrough : this.#position, this.#skipBefore - 1);
  }

  /** True once `start` has settled. */
  get isReady(): boolean {
    return this.#sink.isReady;
  }

  get status(): SinkState['status'] {
    return this.#sink.status;
  }

  /** Number of events that are not settled. */
  get waiting(): number {
    const behind = this.#options.backlog.appendedThrough - this.#offeredThrough;
    return Math.max(0, behind - this.#lanes.early) + this.#lanes.events;
  }

  /** Number of events that the sink will not get, because it was behind for too long. */
  get missed(): number {
    return this.#missedEvents;
  }

  /** Sequence of the oldest event that waits; one more than the last when none does. */
  get oldestWaiting(): number {
    return Math.min(this.#lanes.oldestSequence, this.#offeredThrough + 1);
  }

  state(): SinkState {
    const { required, marks, deadLetters } = this.#options;
    const { name, waiting, missed } = this;
    const { status, reason } = this.#sink;
    const { events, destinationsAway, reason: asideReason, unjudged } = this.#lanes;
    return {
      name,
      required,
      status,
      reason,
      waiting,
      oldestMs: waiting === 0 ? 0 : marks.ageMsOf(this.oldestWaiting),
      aside: { events, destinations: destinationsAway, reason: asideReason },
      unjudged: unjudged !== undefined && unjudged.sequence > this.#position ? unjudged.id : undefined,
      refused: deadLetters.count,
      letters: deadLetters.state(),
      missed,
    };
  }

  /**
   * Tries to connect once; nothing is offered before. Rejects with `sink.refused`; an unavailable
   * sink is not an error.
   */
  async start(): Promise<void> {
    try {
      await this.#sink.start();
    } finally {
      this.wake();
    }
  }

  /** Begins to deliver what may be offered, unless that is under way. */
  wake(): void {
    if (this.#isBusy || !this.isReady || this.#isStopped || !this.#isDue()) return;
    this.#isBusy = true;
    this.#run().then(
      () => this.#finished(),
      () => this.#finished(),
    );
  }

  /** Ends a pause after a failure: the sink is tried again at once. */
  retryNow(): void {
    this.#lanes.hurry();
    this.#pause.end();
    this.wake();
  }

  /** Skips the oldest events while more than this waits. True when any were skipped. */
  cutOff({ maxEvents, maxBytes }: QueueLimits): boolean {
    const { backlog, marks } = this.#options;
    const { appendedThrough } = backlog;
    const first = this.releasedThrough + 1;
    if (marks.bytesFrom(first) <= maxBytes && appendedThrough - first + 1 <= maxEvents) return false;
    const fits = marks.firstWithin(maxBytes) ?? appendedThrough + 1;
    this.#skipBefore = Math.max(this.#skipBefore, fits, Math.ceil(appendedThrough - maxEvents));
    if (!this.#isBusy) this.#applySkip();
    return true;
  }

  /** Offers nothing more, and no longer waits for a batch under way. Idempotent. */
  stop(): void {
    this.#isStopped = true;
    this.#pause.end();
    this.#sink.stop();
    this.#cancelTrial?.();
  }

  /** Closes the reader. */
  async close(): Promise<void> {
    await this.#reader.close();
  }

  get #offeredThrough(): number {
    return Math.max(this.#position, this.#skipBefore - 1);
  }

  #finished(): void {
    this.#isBusy = false;
    if (this.#isStopped) return;
    this.#applySkip();
    this.wake();
    if (!this.#isBusy) this.#wakeForTrial();
  }

  #hasOffer(): boolean {
    return this.#options.offerThrough() > this.#position;
  }

  #isDue(): boolean {
    return this.#hasOffer() || this.#lanes.dueMs <= this.#options.clock.now();
  }

  /** Sets a timer for the next trial of a lane, when there is nothing else to do. */
  #wakeForTrial(): void {
    this.#cancelTrial?.();
    this.#cancelTrial = undefined;
    const { dueMs } = this.#lanes;
    if (dueMs === Infinity) return;
    this.#cancelTrial = this.#options.clock.schedule(
      () => {
        this.wake();
        // A timer may fire a fraction of a millisecond early, and nothing else may wake the cursor.
        if (!this.#isBusy) this.#wakeForTrial();
      },
      Math.max(1, dueMs - this.#options.clock.now()),
    );
  }

  async #run(): Promise<void> {
    while (!this.#isStopped && this.#isDue()) {
      this.#applySkip();
      const pauseMs = await this.#step();
      if (pauseMs > 0 && !this.#isStopped) await this.#pause.wait(pauseMs);
    }
  }

  /** Makes the next trial of a lane or offers the next batch. Returns the pause to make then. */
  async #step(): Promise<number> {
    const pauseMs = await this.#lanes.tryNext();
    if (pauseMs !== undefined) return pauseMs;
    if (!this.#hasOffer()) return 0;
    return this.#lanes.isOverLimits ? this.#lanes.holdBack() : this.#deliver();
  }

  async #deliver(): Promise<number> {
    const through = this.#options.offerThrough();
    const events = await this.#read(this.#size);
    if (events === undefined) return backoffMs(this.#sink.failures);
    if (events.length === 0) return this.#passLost(through);
    const offered = this.#lanes.offerable(events);
    if (offered.length === 0) {
      this.#advance(events, [], events.at(-1));
      return 0;
    }
    const attempt = onEvidence(await this.#sink.offer(offered));
    if (!(await this.#keepRefused(attempt.refused))) return 0;
    if (attempt.delivered > 0) this.#sink.succeeded();
    const isWhole = attempt.settled === offered.length;
    const reached = isWhole ? events.at(-1) : before(events, offered[attempt.settled]);
    this.#advance(events, offered, reached, attempt.failed);
    if (isWhole) this.#size *= 2;
    await this.#lanes.giveUp();
    if (attempt.failure === undefined || attempt.settled > 0) return 0;
    return this.#failed(offered, attempt.failure);
  }

  /** Reads consecutive events from `from` on; undefined when they cannot be read. */
  async #read(maxEvents: number, from = this.#position + 1): Promise<readonly GatewayEvent[] | undefined> {
    const batch = this.#batch;
    try {
      const most = Math.max(1, Math.min(batch.maxEvents, maxEvents));
      const through = this.#options.offerThrough();
      return from > through ? [] : await this.#reader.read({ ...batch, from, through, maxEvents: most });
    } catch (error) {
      // The next attempt opens the file again, in case it was replaced.
      await this.#reader.reset();
      this.#sink.failed('outbox.unreadable', errorMessage(error));
      return undefined;
    }
  }

  /**
   * Moves over events that a damaged log has lost: they are counted, and nothing waits for them.
   */
  #passLost(through: number): number {
    this.#position = Math.max(this.#position, through);
    this.#moved();
    return 0;
  }

  /** Moves to `reached`. Events on the way that failed or have to wait go into lanes. */
  #advance(
    events: readonly GatewayEvent[],
    offered: readonly GatewayEvent[],
    reached: GatewayEvent | undefined,
    failed: readonly FailedEvent[] = [],
  ): void {
    if (reached === undefined) return;
    const isPlain = failed.length === 0 && offered.length === events.length && this.#lanes.events === 0;
    if (!isPlain) this.#lanes.pass({ events, offered, through: reached.sequence, failed });
    this.#last = reached;
    this.#position = Math.max(this.#position, reached.sequence);
    this.#moved();
  }

  #moved(): void {
    // While a lane has events, the cursor in the log stays before them.
    if (this.#last !== undefined && this.#lanes.events === 0) {
      this.#options.backlog.delivered(this.name, this.#last.placeId ?? this.#last.id);
    }
    this.#options.onDelivered();
  }

  /** Handles a batch of which nothing is settled. */
  async #failed(offered: readonly GatewayEvent[], failure: SinkFailure): Promise<number> {
    const { length } = offered;
    const { blames } = failure;
    if (blames === 'sink') return this.#away(failure);
    if (length === 1) return (await this.#isFrontPassed(offered, failure)) ? 0 : this.#away(failure);
    if (blames === 'attempt') {
      const pauseMs = this.#away(failure);
      if (this.#sink.failures > 1) this.#size = Math.ceil(length / 2);
      return Math.min(pauseMs, LONGEST_SEARCH_PAUSE_MS);
    }
    this.#size = blames === 'event' ? Math.ceil(length / 2) : 1;
    return 0;
  }

  #away({ reason }: SinkFailure): number {
    this.#sink.failed('sink.away', reason);
    return backoffMs(this.#sink.failures);
  }

  /** True when the front event no longer holds up the others. */
  async #isFrontPassed([front]: readonly GatewayEvent[], failure: SinkFailure): Promise<boolean> {
    if (front === undefined) return true;
    const verdict = await this.#lanes.judgeFront(front, failure);
    if (verdict === undefined) return false;
    this.#sink.succeeded();
    if (verdict.kind === 'given-up' && !(await this.#keepRefused([verdict.letter]))) return true;
    const failed = verdict.kind === 'suspect' ? [{ event: front, failure }] : [];
    this.#advance([front], [front], front, failed);
    return true;
  }

  /**
   * Retries until the dead letters are written: the others of the batch are delivered and must not
   * be offered again. False when the cursor was stopped before.
   */
  async #keepRefused(refused: readonly RefusedEvent[]): Promise<boolean> {
    if (refused.length === 0) return true;
    for (let failures = 1; ; failures++) {
      try {
        await this.#options.deadLetters.keep(refused);
        if (failures > 1) this.#sink.succeeded();
        return true;
      } catch (error) {
        this.#sink.failed('sink.dead-letters-unwritable', errorMessage(error));
      }
      if (this.#isStopped) return false;
      await this.#pause.wait(backoffMs(failures));
    }
  }

  #applySkip(): void {
    const sequence = this.#skipBefore;
    if (sequence <= this.deliveredThrough + 1) return;
    const missed = this.#lanes.dropBefore(sequence) + Math.max(0, sequence - 1 - this.#position);
    this.#position = Math.max(this.#position, sequence - 1);
    this.#missedEvents += Math.max(0, missed);
  }
}

/**
 * Makes a batch a failure as a whole when no event of it was delivered: then nothing shows that
 * those that failed differ from others.
 */
function onEvidence(attempt: Attempt): Attempt {
  const [first] = attempt.failed;
  if (first === undefined || attempt.delivered > 0) return attempt;
  const refused = attempt.refused.filter(({ event }) => event.sequence < first.event.sequence);
  return { settled: refused.length, refused, failed: [], delivered: 0, failure: first.failure };
}

/** The event right before this one. */
function before(events: readonly GatewayEvent[], event: GatewayEvent | undefined): GatewayEvent | undefined {
  return event === undefined ? undefined : events[events.indexOf(event) - 1];
}
