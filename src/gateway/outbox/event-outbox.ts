import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { LimitedLog } from '../../core/limited-log.js';
import type { OutboxConfig } from '../config/sink-config.js';
import { eventBytes, type EventBoot } from '../event/gateway-event.js';
import type { QueueLimits } from '../event/event-queue.js';
import type { ConfiguredSink } from '../sinks/create-sinks.js';
import type { Backlog } from './backlog/backlog.js';
import { DeadLetters } from './letters/dead-letters.js';
import { EventAdmission } from './event-admission.js';
import type { EventGate, HeldRoom, NewEvent, Outbox, OutboxState, Retagging } from './outbox.js';
import { LoggedBacklog } from './backlog/logged-backlog.js';
import { MemoryBacklog } from './backlog/memory-backlog.js';
import { laneLimits, optionalLimits } from './outbox-bound.js';
import { SinkFeed } from './sink-feed.js';
import { SinkGroup, type FedSink } from './sink-group.js';

/** Large enough to make the cost of a call disappear, small enough to be sent again whole. */
const DEFAULT_BATCH: QueueLimits = { maxEvents: 1_000, maxBytes: 1024 * 1024 };

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
  /** The most that a sink is handed at once. */
  readonly batch?: QueueLimits;
}

/**
 * Keeps events until every sink has acknowledged them, in memory or with `dir` on disk too. They
 * are offered once a tick, not once an event. Without `dir` the end of the process, or of `stop`,
 * loses what is left; with it the next process delivers it.
 */
export class EventOutbox implements Outbox {
  readonly #backlog: Backlog;
  readonly #admission: EventAdmission;
  readonly #sinks: SinkGroup;
  readonly #fullLog: LimitedLog;
  readonly #relievedLog: LimitedLog;
  readonly #fullListeners: ((full: boolean) => void)[] = [];
  readonly #acknowledgedListeners: ((through: number) => void)[] = [];
  readonly #roomListeners: (() => void)[] = [];
  #recoveredEvents = 0;
  #recoveredCloses = 0;
  #acknowledged = 0;
  #full = false;
  #isAccepting: boolean;
  /** In this tick. */
  #hasAppended = false;
  #phase: 'new' | 'started' | 'stopped' = 'new';
  #scheduled: NodeJS.Immediate | undefined;
  #stopping: Promise<number> | undefined;
  #onDelivered: (() => void) | undefined;

  readonly #options: EventOutboxOptions;

  constructor(options: EventOutboxOptions) {
    this.#options = options;
    const { boot, config, clock, log } = options;
    const { dir, maxEvents, maxBytes, connectionShare: share } = config;
    this.#isAccepting = dir === undefined;
    this.#fullLog = new LimitedLog(log, clock);
    this.#relievedLog = new LimitedLog(log, clock);
    this.#backlog = dir === undefined ? new MemoryBacklog(boot) : new LoggedBacklog({ dir, config, boot, clock, log });
    const limits = { maxEvents, maxBytes, maxDiskBytes: dir === undefined ? Infinity : config.maxDiskBytes };
    const waiting = () => this.#sinks.waiting;
    this.#admission = new EventAdmission({ limits, share, backlog: this.#backlog, waiting, clock, log });
    this.#sinks = new SinkGroup({
      backlog: this.#backlog,
      optional: optionalLimits(limits, config.optionalMaxBytes),
      clock,
      log,
    });
    options.gate?.onRelease(() => this.#schedule());
  }

  /**
   * Hot: runs once an event. Calls the listeners of `onFullChange` before it returns when this
   * event fills the outbox. With a log nothing is accepted before `start` has resolved.
   */
  append(event: NewEvent): number {
    if (!this.#isAccepting) return 0;
    const bytes = eventBytes(event);
    if (this.#admission.takesUnjudged(event, bytes)) return this.#backlog.push(event);
    return this.#judge(event, bytes);
  }

  get heldRoom(): HeldRoom {
    return this.#admission.bound;
  }

  retagged(now: Retagging): void {
    if (this.#phase !== 'stopped') this.#backlog.retagged(now);
  }

  get isFull(): boolean {
    return this.#full;
  }

  /** A sink is away: what is accepted waits. */
  get isBuffering(): boolean {
    return this.#sinks.isAnyAway;
  }

  get acknowledgedThrough(): number {
    return this.#acknowledged;
  }

  /**
   * Events of earlier processes that come before those of this one. Known before the sinks are
   * started.
   */
  get recovered(): number {
    return this.#recoveredEvents;
  }

  /**
   * All up to and with this sequence was left by earlier processes, or is the close event of a
   * connection that one of them had open.
   */
  get recoveredThrough(): number {
    return this.#recoveredEvents + this.#recoveredCloses;
  }

  state(): OutboxState {
    const { maxBytes, maxDiskBytes } = this.#admission.bound.limits;
    const backlog = this.#backlog;
    const sinks = this.#sinks;
    const full = this.#full;
    return {
      events: sinks.waiting,
      bytes: backlog.bytes,
      maxBytes,
      diskBytes: backlog.disk.bytes,
      diskSegments: backlog.disk.segments,
      maxDiskBytes: Number.isFinite(maxDiskBytes) ? maxDiskBytes : 0,
      heldBytes: this.#admission.bound.heldBytes,
      sharesReached: this.#admission.sharesReached,
      full,
      damage: backlog.damage,
      sinks: sinks.states(),
    };
  }

  onFullChange(listener: (full: boolean) => void): void {
    this.#fullListeners.push(listener);
  }

  onRoom(listener: () => void): void {
    this.#roomListeners.push(listener);
  }

  onAcknowledged(listener: (through: number) => void): void {
    this.#acknowledgedListeners.push(listener);
  }

  async start(): Promise<void> {
    const { sinks, log, config } = this.#options;
    const names = sinks.map(({ sink }) => sink.name);
    const { events, closes, cursors } = await this.#backlog.open(names, () => this.#progressed());
    if (events + closes > 0) log.info('outbox.recovered', { events, closes, dir: config.dir });
    this.#recoveredEvents = events;
    this.#recoveredCloses = closes;
    await this.#sinks.start(sinks.map((sink) => this.#feed(sink, cursors.get(sink.sink.name) ?? 0)));
    if (this.#phase !== 'new') return;
    this.#phase = 'started';
    this.#isAccepting = true;
    this.#progressed();
  }

  /** A start that is under way no longer waits for sinks that do not answer. */
  hurryStart(): void {
    this.#sinks.hurryStart();
  }

  stop(timeoutMs: number): Promise<number> {
    this.#stopping ??= this.#deliverRest(timeoutMs);
    return this.#stopping;
  }

  #feed({ sink, required }: ConfiguredSink, acknowledged: number): FedSink {
    const { config, clock, log, batch = DEFAULT_BATCH, sinks, positions = [] } = this.#options;
    const { deadLetterDir: dir, deadLetterMaxBytes: maxBytes, deadLetterPolicy: policy, fsync } = config;
    const letters = { dir, sink: sink.name, sync: fsync === 'always', maxBytes, policy, positions, clock, log };
    const feed = new SinkFeed({
      sink,
      backlog: this.#backlog,
      acknowledged,
      offerThrough: () => this.#offerThrough(),
      deadLetters: new DeadLetters(letters),
      batch,
      policy: config.lanes,
      laneLimits: laneLimits(this.#admission.bound.limits, sinks.length),
      silentAfterMs: config.silentAfterMs,
      clock,
      log,
      onAcknowledged: () => this.#progressed(),
    });
    return { feed, required };
  }

  #offerThrough(): number {
    if (this.#phase !== 'started') return 0;
    const heldFrom = this.#options.gate?.heldFrom() ?? Infinity;
    return Math.min(this.#backlog.safeThrough, heldFrom - 1);
  }

  #judge(event: NewEvent, bytes: number): number {
    const admission = this.#admission;
    const backlog = this.#backlog;
    const sinks = this.#sinks;
    this.#endGrant();
    const sequence = admission.refusalOf(event, bytes) ?? backlog.push(event);
    if (sequence > 0) {
      admission.appended(event, sequence, bytes);
      const isCut = sinks.appended(sequence, bytes, !this.#hasAppended);
      this.#hasAppended = true;
      this.#schedule();
      if (isCut) this.#progressed();
    }
    // What was refused says nothing about what waits: one large message must not shut out the small
    // ones.
    if (!this.#full && admission.isAtBound) this.#setFull(true);
    if (!this.#full && sequence > 0) admission.grant(sinks.roomBeforeMark);
    return sequence;
  }

  /** At the end of a tick, and when something else than a message changes what waits. */
  #endGrant(): void {
    this.#sinks.appendedEarlier(this.#admission.endGrant());
  }

  #schedule(): void {
    if (this.#phase === 'started') this.#scheduled ??= setImmediate(() => this.#wakeFeeds());
  }

  #wakeFeeds(): void {
    this.#scheduled = undefined;
    this.#hasAppended = false;
    this.#endGrant();
    this.#sinks.wake();
  }

  #isLeft(): boolean {
    return this.#sinks.waiting > 0;
  }

  /** Frees what every sink has acknowledged, and offers what may be offered now. */
  #progressed(): void {
    this.#endGrant();
    if (this.#phase === 'new') return;
    const through = this.#sinks.releasedThrough;
    this.#backlog.release(through);
    this.#sinks.release(through);
    this.#tellAcknowledged();
    this.#admission.release(through);
    this.#reconsiderFull();
    for (const listener of this.#roomListeners) listener();
    // A turn of the event loop for nothing costs as much as a connect.
    if (this.#isLeft()) this.#schedule();
    else this.#onDelivered?.();
  }

  #tellAcknowledged(): void {
    const through = this.#sinks.acknowledgedThrough;
    if (through <= this.#acknowledged) return;
    this.#acknowledged = through;
    for (const listener of this.#acknowledgedListeners) listener(through);
  }

  #reconsiderFull(): void {
    if (!this.#full && this.#backlog.isFailing) this.#setFull(true);
    else if (this.#full && this.#admission.isRelieved) this.#setFull(false);
  }

  #setFull(full: boolean): void {
    this.#full = full;
    const { events, bytes, diskBytes } = this.state();
    if (full) this.#fullLog.warn('outbox.full', { events, bytes, diskBytes });
    else this.#relievedLog.warn('outbox.relieved', { events, bytes, diskBytes });
    for (const listener of this.#fullListeners) listener(full);
  }

  async #deliverRest(timeoutMs: number): Promise<number> {
    if (this.#isLeft() && this.#phase === 'started') await this.#delivered(timeoutMs);
    this.#phase = 'stopped';
    this.#isAccepting = false;
    clearImmediate(this.#scheduled);
    this.#sinks.stop();
    await Promise.all(this.#options.sinks.map(({ sink }) => sink.stop()));
    await this.#sinks.closeReaders();
    const left = this.#backlog.lastSequence - this.#sinks.releasedThrough;
    const lost = await this.#backlog.close();
    if (left > lost) this.#options.log.info('outbox.kept', { events: left - lost, dir: this.#options.config.dir });
    return lost;
  }

  async #delivered(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.schedule(resolve, timeoutMs);
      this.#onDelivered = () => {
        cancel();
        resolve();
      };
      this.#sinks.retryNow();
    });
  }
}
