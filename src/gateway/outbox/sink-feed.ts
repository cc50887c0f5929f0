import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import { LimitedLog } from '../../core/limited-log.js';
import type { QueueLimits } from '../event/event-queue.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import type { EventSink, RefusedEvent, SinkFailure } from '../sinks/event-sink.js';
import { backoffMs, Pause } from '../../core/delay.js';
import type { Backlog, BacklogReader } from './backlog/backlog.js';
import type { DeadLetters, DeadLetterState } from './letters/dead-letters.js';
import { DeliveryLine } from './delivery-line.js';
import { Lanes, type LaneLimits } from './lanes/lanes.js';
import { SinkHealth } from './sink-health.js';
import { SinkOffers } from './sink-offers.js';
import type { LanePolicy } from '../config/sink-config.js';

/** What a feed is given. */
export interface SinkFeedOptions {
  readonly sink: EventSink;
  readonly backlog: Backlog;
  /** The sequence that the sink had acknowledged before. */
  readonly acknowledged: number;
  /** Up to here events may be offered at this moment. */
  readonly offerThrough: () => number;
  readonly deadLetters: DeadLetters;
  readonly batch: QueueLimits;
  readonly policy: LanePolicy;
  readonly laneLimits: LaneLimits;
  /** A batch without an answer after this time makes the sink count as away. */
  readonly silentAfterMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Runs each time the cursor has moved. */
  readonly onAcknowledged: () => void;
}

const SUSPECT_LOGGED_EACH_MS = 60_000;
const UNJUDGED_EFFECT =
  'nothing else waits: it is tried again, and judged as soon as another event shows whether others pass';

/**
 * One sink's cursor through the backlog: hands over a batch at a time, in order, and again what was
 * not settled, after a growing pause. The cursor never goes back.
 */
export class SinkFeed {
  /** What lies before it is no longer offered. */
  #skipBefore = 0;
  #missedEvents = 0;
  #ready = false;
  #isBusy = false;
  #isStopped = false;
  #cancelTrial: (() => void) | undefined;
  readonly #pause: Pause;
  readonly #reader: BacklogReader;
  readonly #health: SinkHealth;
  readonly #offers: SinkOffers;
  readonly #lanes: Lanes;
  readonly #line: DeliveryLine;
  readonly #suspectLog: LimitedLog;

  readonly #options: SinkFeedOptions;

  constructor(options: SinkFeedOptions) {
    this.#options = options;
    const { sink, backlog, batch, policy, laneLimits, clock, log, silentAfterMs } = options;
    this.#pause = new Pause(clock);
    this.#reader = backlog.reader();
    this.#health = new SinkHealth(sink.name, log, () => this.waiting);
    this.#suspectLog = new LimitedLog(log, clock, SUSPECT_LOGGED_EACH_MS);
    const onSilent = (reason: string) => log.warn('sink.away', { sink: sink.name, reason, waiting: this.waiting });
    this.#offers = new SinkOffers({ sink, clock, silentAfterMs, onSilent });
    const destinationOf = (event: GatewayEvent) => sink.destinationOf?.(event);
    const onHeld = (events: number, bytes: number) => backlog.hold(events, bytes);
    this.#lanes = new Lanes({ policy, limits: laneLimits, destinationOf, onHeld });
    this.#line = new DeliveryLine({
      reader: this.#reader,
      through: options.acknowledged,
      offerThrough: options.offerThrough,
      batch: { ...batch, maxEvents: Math.min(batch.maxEvents, sink.maxBatchEvents ?? Infinity) },
      policy,
      offers: this.#offers,
      lanes: this.#lanes,
      health: this.#health,
      destinationOf,
      keepRefused: (refused) => this.#keepRefused(refused),
      onSuspect: (event, failure) => this.#warnOfSuspect(event, failure),
      onUnjudged: ({ id }, { reason }) =>
        log.warn('sink.event-unjudged', { sink: sink.name, reason, id, effect: UNJUDGED_EFFECT }),
      onMoved: () => this.#moved(),
      clock,
    });
  }

  get name(): string {
    return this.#options.sink.name;
  }

  /** All up to and with this sequence is acknowledged, refused for good or skipped. */
  get acknowledgedThrough(): number {
    return Math.min(this.#line.through, this.#lanes.oldestSequence - 1);
  }

  /** Nothing up to and with this sequence will be read any more. */
  get releasedThrough(): number {
    // What waits in a lane is kept there; after a crash only the log could give it back.
    const isLogged = this.#options.laneLimits.maxSpanBytes < Infinity;
    const through = isLogged ? this.acknowledgedThrough : this.#line.through;
    return Math.max(through, this.#skipBefore - 1);
  }

  /** Whether its start has ended, one way or the other. */
  get isReady(): boolean {
    return this.#ready;
  }

  get status(): 'up' | 'away' {
    const isAway = !this.#ready || this.#health.failures > 0 || this.#offers.silence !== undefined;
    return isAway ? 'away' : 'up';
  }

  /** Why it is away; undefined while it is up. */
  get reason(): string | undefined {
    return this.status === 'up' ? undefined : (this.#offers.silence ?? this.#health.reason);
  }

  get waiting(): number {
    const behind = this.#options.backlog.lastSequence - Math.max(this.#line.through, this.#skipBefore - 1);
    return Math.max(0, behind - this.#line.aheadCount) + this.#lanes.events;
  }

  /** The oldest event that waits; one more than the last when none does. */
  get oldestWaiting(): number {
    return Math.min(this.#lanes.oldestSequence, Math.max(this.#line.through, this.#skipBefore - 1) + 1);
  }

  /** What waits out of turn, and the number of destinations that are away. */
  get aside(): { readonly events: number; readonly destinations: number; readonly reason: string | undefined } {
    const { events, destinationsAway, reason } = this.#lanes;
    return { events, destinations: destinationsAway, reason };
  }

  /**
   * Id of an event that fails again and again while nothing else waits, so that it cannot be told
   * from a sink that is away.
   */
  get unjudged(): string | undefined {
    return this.#line.unjudged?.id;
  }

  get refused(): number {
    return this.#options.deadLetters.count;
  }

  get letters(): DeadLetterState {
    return this.#options.deadLetters.state();
  }

  get missed(): number {
    return this.#missedEvents;
  }

  /**
   * Tries to connect once. Rejects with `sink.refused`; a sink that is away is no error. Nothing is
   * offered before.
   */
  async start(): Promise<void> {
    try {
      await this.#options.sink.start();
    } catch (error) {
      this.#health.failed('sink.away', errorMessage(error));
      // Nobody may wait for this start any more: then the sink is tried again like one that is
      // away.
      if (error instanceof WsgError && error.code === 'sink.refused') throw error;
    } finally {
      this.#ready = true;
      this.wake();
    }
  }

  /** Delivers what may be offered, unless that is already going on. */
  wake(): void {
    if (this.#isBusy || !this.#ready || this.#isStopped || !this.#isDue()) return;
    this.#isBusy = true;
    this.#run().then(
      () => this.#finished(),
      () => this.#finished(),
    );
  }

  /** Ends a pause after a failure: the sink is tried again at once. */
  retryNow(): void {
    this.#line.hurry();
    this.#pause.end();
    this.wake();
  }

  /**
   * Events before `sequence` are no longer offered: those that the sink does not acknowledge
   * meanwhile are missed.
   */
  skip(sequence: number): void {
    this.#skipBefore = Math.max(this.#skipBefore, sequence);
    if (!this.#isBusy) this.#applySkip();
  }

  /** Offers nothing more; a batch under way is no longer waited for. Idempotent. */
  stop(): void {
    this.#isStopped = true;
    this.#pause.end();
    this.#offers.stop();
    this.#cancelTrial?.();
  }

  /** Gives back what reading takes. */
  async close(): Promise<void> {
    await this.#reader.close();
  }

  #finished(): void {
    this.#isBusy = false;
    if (this.#isStopped) return;
    this.#applySkip();
    this.wake();
    if (!this.#isBusy) this.#wakeForTrial();
  }

  #isDue(): boolean {
    return this.#line.dueMs <= this.#options.clock.now();
  }

  /** With nothing else to do, what waits in lanes is tried when its time has come. */
  #wakeForTrial(): void {
    this.#cancelTrial?.();
    this.#cancelTrial = undefined;
    const { dueMs } = this.#line;
    if (dueMs === Infinity) return;
    this.#cancelTrial = this.#options.clock.schedule(
      () => {
        this.wake();
        // A timer may fire a fraction of a millisecond early, and nothing else may wake the feed
        // any more.
        if (!this.#isBusy) this.#wakeForTrial();
      },
      Math.max(1, dueMs - this.#options.clock.now()),
    );
  }

  async #run(): Promise<void> {
    while (!this.#isStopped && this.#isDue()) {
      this.#applySkip();
      const pauseMs = await this.#line.step();
      if (pauseMs > 0 && !this.#isStopped) await this.#pause.wait(pauseMs);
    }
  }

  #moved(): void {
    const { last } = this.#line;
    // With something left in a lane the log's cursor stays where it was: before that.
    if (last !== undefined && this.#lanes.events === 0) this.#options.backlog.acknowledged(this.name, last.id);
    this.#options.onAcknowledged();
  }

  /**
   * Tries until they are kept: the others of the batch are delivered and must not be offered again.
   * False when it was stopped before.
   */
  async #keepRefused(refused: readonly RefusedEvent[]): Promise<boolean> {
    if (refused.length === 0) return true;
    for (let failures = 1; ; failures++) {
      try {
        await this.#options.deadLetters.keep(refused);
        if (failures > 1) this.#health.succeeded();
        return true;
      } catch (error) {
        this.#health.failed('sink.dead-letters-unwritable', errorMessage(error));
      }
      if (this.#isStopped) return false;
      await this.#pause.wait(backoffMs(failures));
    }
  }

  #warnOfSuspect(event: GatewayEvent, { blames, reason }: SinkFailure): void {
    const effect =
      blames === 'destination'
        ? 'events for its destination wait; the others go on'
        : 'it waits with the later events of its connection; the others go on';
    this.#suspectLog.warn('sink.event-aside', { sink: this.name, reason, id: event.id, effect });
  }

  #applySkip(): void {
    if (this.#skipBefore <= this.acknowledgedThrough + 1) return;
    this.#missedEvents += this.#line.skipTo(this.#skipBefore);
  }
}
