import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { LimitedLog } from '../../core/limited-log.js';
import type { OutboxConfig, OutboxLimits } from '../config/outbox-config.js';
import { eventBytes, type EventBoot } from '../event/gateway-event.js';
import type { QueueLimits } from '../event/event-queue.js';
import type { ConfiguredSink } from '../sinks/create-sinks.js';
import type { Backlog } from './backlog/backlog.js';
import { BacklogMarks } from './backlog/backlog-marks.js';
import { LoggedBacklog } from './backlog/logged-backlog.js';
import { MemoryBacklog } from './backlog/memory-backlog.js';
import { DeadLetters } from './letters/dead-letters.js';
import type { EventGate, HeldRoom, NewEvent, Outbox, OutboxState, Retagging } from './outbox.js';
import { DOES_NOT_FIT } from './outbox.js';
import { laneLimits, optionalLimits, OutboxBound } from './outbox-bound.js';
import type { RecoveryReview } from './backlog/recovery-review.js';
import { SinkCursor } from './sink-cursor.js';

/** Large enough that the cost of a call disappears, small enough to be sent again as a whole. */
const DEFAULT_BATCH: QueueLimits = { maxEvents: 1_000, maxBytes: 1024 * 1024 };
/** Longest wait of a start for sinks that do not answer; they count as unavailable then. */
const START_BOUND_MS = 5_000;
const CUT_OFF_LOGGED_EACH_MS = 60_000;

export interface EventOutboxOptions {
  readonly boot: EventBoot;
  /** At least one. */
  readonly sinks: readonly ConfiguredSink[];
  readonly config: OutboxConfig;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names of the sinks that have destinations, by position; none when missing. */
  readonly positions?: readonly string[];
  /** Holds events back. */
  readonly gate?: EventGate | undefined;
  /** Most that a sink is handed at once. */
  readonly batch?: QueueLimits;
  /** Is asked about the connections of earlier starts; only with a log. */
  readonly review?: RecoveryReview | undefined;
}

/**
 * Keeps events until they are delivered to every sink, in memory or with `dir` on disk too.
 * `OutboxBound` decides what is accepted, the `Backlog` keeps it, and a `SinkCursor` for each sink
 * delivers it, once a tick and not once an event. Without `dir` what is left is lost with the
 * process, or with `stop`; with it the next process delivers it.
 */
export class EventOutbox implements Outbox {
  readonly #options: EventOutboxOptions;
  readonly #backlog: Backlog;
  readonly #marks: BacklogMarks;
  readonly #bound: OutboxBound;
  readonly #limits: OutboxLimits;
  /** Most that may wait for a sink that is not required. */
  readonly #optionalLimits: QueueLimits;
  readonly #fullLog: LimitedLog;
  readonly #relievedLog: LimitedLog;
  readonly #cutOffLog: LimitedLog;
  readonly #fullListeners: ((full: boolean) => void)[] = [];
  readonly #deliveredListeners: ((through: number) => void)[] = [];
  readonly #roomListeners: (() => void)[] = [];
  #cursors: readonly SinkCursor[] = [];
  #recoveredEvents = 0;
  #recoveredCloses = 0;
  #delivered = 0;
  #full = false;
  #isAccepting: boolean;
  #hasAppendedInTick = false;
  #phase: 'new' | 'started' | 'stopped' = 'new';
  #scheduled: NodeJS.Immediate | undefined;
  #isStartHurried = false;
  #endStart: (() => void) | undefined;
  #stopping: Promise<number> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(options: EventOutboxOptions) {
    this.#options = options;
    const { boot, config, clock, log } = options;
    const { dir, maxEvents, maxBytes, connectionShare: share } = config;
    const { review } = options;
    this.#isAccepting = dir === undefined;
    this.#fullLog = new LimitedLog(log, clock);
    this.#relievedLog = new LimitedLog(log, clock);
    this.#cutOffLog = new LimitedLog(log, clock, CUT_OFF_LOGGED_EACH_MS);
    this.#backlog =
      dir === undefined ? new MemoryBacklog(boot) : new LoggedBacklog({ dir, config, boot, clock, log, review });
    const limits = { maxEvents, maxBytes, maxDiskBytes: dir === undefined ? Infinity : config.maxDiskBytes };
    this.#limits = limits;
    this.#optionalLimits = optionalLimits(limits, config.optionalMaxBytes);
    this.#marks = new BacklogMarks(clock, this.#optionalLimits);
    const waiting = () => this.#waiting;
    this.#bound = new OutboxBound({ limits, share, backlog: this.#backlog, waiting, clock, log });
    options.gate?.onHoldLifted(() => this.#schedule());
  }

  /**
   * Calls the listeners of `onFullChange` before it returns when this event fills the outbox. With
   * a log no event is accepted before `start` has resolved. Hot: runs once for each event.
   */
  append(event: NewEvent): number {
    if (!this.#isAccepting) return DOES_NOT_FIT;
    const bytes = eventBytes(event);
    if (this.#bound.takesFromGrant(event, bytes)) return this.#backlog.append(event);
    return this.#appendChecked(event, bytes);
  }

  /**
   * Appends an open or close event of another node's connection. No room is reserved for it, so it
   * is accepted only where a message would be: `DOES_NOT_FIT` otherwise.
   */
  adopt(event: NewEvent): number {
    if (!this.#isAccepting || this.#full) return DOES_NOT_FIT;
    const bytes = eventBytes(event);
    this.#endGrant();
    if (!this.#bound.hasRoom(bytes)) return DOES_NOT_FIT;
    return this.#appendAccepted(event, bytes, this.#backlog.append(event));
  }

  /** Notes that a connection gets no close event: another node has reported its end. */
  disown(connection: string): void {
    this.#endGrant();
    this.#bound.disown();
    this.#backlog.disown(connection);
  }

  get heldRoom(): HeldRoom {
    return this.#bound;
  }

  retagged(now: Retagging): void {
    if (this.#phase !== 'stopped') this.#backlog.retagged(now);
  }

  get isFull(): boolean {
    return this.#full;
  }

  /** True while a sink is unavailable: accepted events wait for it. */
  get isBuffering(): boolean {
    return this.#cursors.some(({ status }) => status === 'away');
  }

  get deliveredThrough(): number {
    return this.#delivered;
  }

  /** Sequence of the newest event; 0 before the first. */
  get appendedThrough(): number {
    return this.#backlog.appendedThrough;
  }

  /** No sink, required or not, has to get anything up to and with this sequence. */
  get settledThrough(): number {
    return Math.min(this.appendedThrough, ...this.#cursors.map(({ deliveredThrough }) => deliveredThrough));
  }

  /**
   * Number of events of earlier processes, which come before those of this one. Known before the
   * sinks are started.
   */
  get recovered(): number {
    return this.#recoveredEvents;
  }

  /**
   * Sequence of the last event that comes from earlier processes, including the close events of
   * connections that they had open.
   */
  get recoveredThrough(): number {
    return this.#recoveredEvents + this.#recoveredCloses;
  }

  state(): OutboxState {
    const { maxBytes, maxDiskBytes } = this.#limits;
    const { bytes, disk, damage } = this.#backlog;
    return {
      events: this.#waiting,
      bytes,
      maxBytes,
      diskBytes: disk.bytes,
      diskSegments: disk.segments,
      maxDiskBytes: Number.isFinite(maxDiskBytes) ? maxDiskBytes : 0,
      heldBytes: this.#bound.heldBytes,
      sharesReached: this.#bound.sharesReached,
      full: this.#full,
      damage,
      sinks: this.#cursors.map((cursor) => cursor.state()),
    };
  }

  onFullChange(listener: (full: boolean) => void): void {
    this.#fullListeners.push(listener);
  }

  onRoom(listener: () => void): void {
    this.#roomListeners.push(listener);
  }

  onDelivered(listener: (through: number) => void): void {
    this.#deliveredListeners.push(listener);
  }

  async start(): Promise<void> {
    const { sinks, log, config } = this.#options;
    const names = sinks.map(({ sink }) => sink.name);
    const { events, closes, cursors } = await this.#backlog.open(names, () => this.#progressed());
    if (events + closes > 0) log.info('outbox.recovered', { events, closes, dir: config.dir });
    this.#recoveredEvents = events;
    this.#recoveredCloses = closes;
    this.#marks.start();
    this.#cursors = sinks.map((sink) => this.#cursor(sink, cursors.get(sink.sink.name) ?? 0));
    await this.#startCursors();
    if (this.#phase !== 'new') return;
    this.#phase = 'started';
    this.#isAccepting = true;
    this.#progressed();
  }

  /** Ends the wait of a start, under way or to come, for sinks that do not answer. */
  hurryStart(): void {
    this.#isStartHurried = true;
    this.#endStart?.();
  }

  stop(timeoutMs: number): Promise<number> {
    this.#stopping ??= this.#deliverRest(timeoutMs);
    return this.#stopping;
  }

  #cursor({ sink, required }: ConfiguredSink, deliveredThrough: number): SinkCursor {
    const { config, clock, log, batch = DEFAULT_BATCH, sinks, positions = [] } = this.#options;
    const { deadLetterDir: dir, deadLetterMaxBytes: maxBytes, deadLetterPolicy: policy, fsync } = config;
    const letters = { dir, sink: sink.name, sync: fsync === 'always', maxBytes, policy, positions, clock, log };
    return new SinkCursor({
      sink,
      required,
      backlog: this.#backlog,
      marks: this.#marks,
      deliveredThrough,
      offerThrough: () => this.#offerThrough(),
      deadLetters: new DeadLetters(letters),
      batch,
      policy: config.lanes,
      laneLimits: laneLimits(this.#limits, sinks.length),
      silentAfterMs: config.silentAfterMs,
      clock,
      log,
      onDelivered: () => this.#progressed(),
    });
  }

  /**
   * Resolves when all sinks have answered, after 5 s, or at `hurryStart`; rejects with
   * `sink.refused`.
   */
  async #startCursors(): Promise<void> {
    const { clock, log } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const cancel = clock.schedule(resolve, this.#isStartHurried ? 0 : START_BOUND_MS);
      this.#endStart = () => {
        cancel();
        resolve();
      };
      Promise.all(this.#cursors.map((cursor) => cursor.start())).then(() => this.#endStart?.(), reject);
    });
    for (const { isReady, name } of this.#cursors) {
      if (!isReady) log.warn('sink.away', { sink: name, reason: 'It has not answered yet.' });
    }
  }

  /** Sequence of the last event that sinks may be offered now. */
  #offerThrough(): number {
    if (this.#phase !== 'started') return 0;
    const heldFrom = this.#options.gate?.heldFrom() ?? Infinity;
    return Math.min(this.#backlog.durableThrough, heldFrom - 1);
  }

  #appendChecked(event: NewEvent, bytes: number): number {
    this.#endGrant();
    const sequence = this.#bound.refusalOf(event, bytes) ?? this.#backlog.append(event);
    return this.#appendAccepted(event, bytes, sequence);
  }

  /** Counts an event that was appended; `sequence` is a refusal when it was not. */
  #appendAccepted(event: NewEvent, bytes: number, sequence: number): number {
    const bound = this.#bound;
    const marks = this.#marks;
    if (sequence > 0) {
      bound.appended(event, sequence, bytes);
      const isMarkedForSize = marks.appended(sequence, bytes, !this.#hasAppendedInTick);
      this.#hasAppendedInTick = true;
      this.#schedule();
      if (isMarkedForSize && this.#cutOff()) this.#progressed();
    }
    // A refused event shows nothing about what waits: a large message must not shut out small ones.
    if (!this.#full && bound.isFull) this.#setFull(true);
    if (!this.#full && sequence > 0) bound.grant(marks.roomBeforeMark(this.#backlog.appendedThrough));
    return sequence;
  }

  /** Runs at the end of a tick, and before anything else than a message changes what waits. */
  #endGrant(): void {
    this.#marks.appendedUnmarked(this.#bound.endGrant());
  }

  /** Makes sinks that are not required miss the oldest events when too much waits for them. */
  #cutOff(): boolean {
    let isAny = false;
    for (const cursor of this.#cursors) {
      if (cursor.required || !cursor.cutOff(this.#optionalLimits)) continue;
      const { name, missed, waiting } = cursor;
      this.#cutOffLog.warn('sink.cut-off', { sink: name, missed, waiting });
      isAny = true;
    }
    return isAny;
  }

  #schedule(): void {
    if (this.#phase === 'started') this.#scheduled ??= setImmediate(() => this.#wakeCursors());
  }

  #wakeCursors(): void {
    this.#scheduled = undefined;
    this.#hasAppendedInTick = false;
    this.#endGrant();
    for (const cursor of this.#cursors) cursor.wake();
  }

  /** No sink needs anything up to and with this sequence. */
  get #releasedThrough(): number {
    let through = this.#backlog.appendedThrough;
    for (const cursor of this.#cursors) through = Math.min(through, cursor.releasedThrough);
    return this.#cursors.length === 0 ? 0 : through;
  }

  /** Number of events that some sink still has to get. */
  get #waiting(): number {
    const behind = this.#backlog.appendedThrough - this.#releasedThrough;
    return Math.max(behind, ...this.#cursors.map(({ waiting }) => waiting));
  }

  /** Releases what is delivered to every sink, and offers what may be offered now. */
  #progressed(): void {
    this.#endGrant();
    if (this.#phase === 'new') return;
    const through = this.#releasedThrough;
    this.#backlog.release(through);
    this.#marks.release(Math.min(through, ...this.#cursors.map(({ oldestWaiting }) => oldestWaiting - 1)));
    this.#reportDelivered();
    this.#bound.release(through);
    this.#reconsiderFull();
    for (const listener of this.#roomListeners) listener();
    // A turn of the event loop for nothing costs as much as a connect.
    if (this.#waiting > 0) this.#schedule();
    else this.#onEmpty?.();
  }

  #reportDelivered(): void {
    const required = this.#cursors.filter((cursor) => cursor.required);
    const counted = required.length > 0 ? required : this.#cursors;
    const through = Math.min(...counted.map(({ deliveredThrough }) => deliveredThrough));
    if (through <= this.#delivered) return;
    this.#delivered = through;
    for (const listener of this.#deliveredListeners) listener(through);
  }

  #reconsiderFull(): void {
    if (!this.#full && this.#backlog.isFailing) this.#setFull(true);
    else if (this.#full && this.#bound.isRelieved) this.#setFull(false);
  }

  #setFull(full: boolean): void {
    this.#full = full;
    const { events, bytes, diskBytes } = this.state();
    if (full) this.#fullLog.warn('outbox.full', { events, bytes, diskBytes });
    else this.#relievedLog.warn('outbox.relieved', { events, bytes, diskBytes });
    for (const listener of this.#fullListeners) listener(full);
  }

  async #deliverRest(timeoutMs: number): Promise<number> {
    if (this.#waiting > 0 && this.#phase === 'started') await this.#emptied(timeoutMs);
    this.#phase = 'stopped';
    this.#isAccepting = false;
    clearImmediate(this.#scheduled);
    this.hurryStart();
    for (const cursor of this.#cursors) cursor.stop();
    await Promise.all(this.#options.sinks.map(({ sink }) => sink.stop()));
    await Promise.all(this.#cursors.map((cursor) => cursor.close()));
    const left = this.#backlog.appendedThrough - this.#releasedThrough;
    const lost = await this.#backlog.close();
    if (left > lost) this.#options.log.info('outbox.kept', { events: left - lost, dir: this.#options.config.dir });
    return lost;
  }

  /** Resolves when nothing waits, or after `timeoutMs`. */
  async #emptied(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.schedule(resolve, timeoutMs);
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
      for (const cursor of this.#cursors) cursor.retryNow();
    });
  }
}
