import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { LimitedLog } from '../../core/limited-log.js';
import type { QueueLimits } from '../event/event-queue.js';
import type { Backlog } from './backlog/backlog.js';
import { BacklogMarks } from './backlog/backlog-marks.js';
import type { Room } from './outbox-bound.js';
import type { SinkState } from './outbox.js';
import type { SinkFeed } from './sink-feed.js';

/** A sink with its cursor, and whether the outbox waits for it. */
export interface FedSink {
  readonly feed: SinkFeed;
  readonly required: boolean;
}

export interface SinkGroupOptions {
  readonly backlog: Backlog;
  /** What may wait for a sink that is not required. */
  readonly optional: QueueLimits;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A start does not wait longer for sinks that do not answer: they are away. */
const START_BOUND_MS = 5_000;
/** How exact the age of a waiting event is. */
const MARK_EACH_MS = 100;
/** How exact the size of what waits for a sink is, as a share of what may. */
const MARK_SHARE = 1 / 32;
const MISSED_LOGGED_EACH_MS = 60_000;

/**
 * All sinks of an outbox: how far they are together, how old and how much is what waits for each,
 * and who is cut off.
 */
export class SinkGroup {
  readonly #options: SinkGroupOptions;
  readonly #marks = new BacklogMarks();
  readonly #missedLog: LimitedLog;
  #sinks: readonly FedSink[] = [];
  #appendedBytes = 0;
  /** Where the next mark is due, whatever the time. */
  #markAtBytes = 0;
  #markAtSequence = 0;
  #isHurried = false;
  #endStart: (() => void) | undefined;

  constructor(options: SinkGroupOptions) {
    this.#options = options;
    this.#missedLog = new LimitedLog(options.log, options.clock, MISSED_LOGGED_EACH_MS);
  }

  /**
   * Resolves when all have answered, after 5 s, or at `hurryStart`; rejects with `sink.refused`.
   */
  async start(sinks: readonly FedSink[]): Promise<void> {
    const { clock, log } = this.#options;
    this.#sinks = sinks;
    this.#marks.add({ sequence: 0, bytes: 0, atMs: clock.now() });
    await new Promise<void>((resolve, reject) => {
      const cancel = clock.schedule(resolve, this.#isHurried ? 0 : START_BOUND_MS);
      this.#endStart = () => {
        cancel();
        resolve();
      };
      Promise.all(sinks.map(({ feed }) => feed.start())).then(() => this.#endStart?.(), reject);
    });
    for (const { feed } of sinks) {
      if (!feed.isReady) log.warn('sink.away', { sink: feed.name, reason: 'It has not answered yet.' });
    }
  }

  /** A start, also one that comes, no longer waits for sinks that do not answer. */
  hurryStart(): void {
    this.#isHurried = true;
    this.#endStart?.();
  }

  wake(): void {
    for (const { feed } of this.#sinks) feed.wake();
  }

  retryNow(): void {
    for (const { feed } of this.#sinks) feed.retryNow();
  }

  stop(): void {
    this.hurryStart();
    for (const { feed } of this.#sinks) feed.stop();
  }

  async closeReaders(): Promise<void> {
    await Promise.all(this.#sinks.map(({ feed }) => feed.close()));
  }

  get isAnyAway(): boolean {
    return this.#sinks.some(({ feed }) => feed.status === 'away');
  }

  /** Nothing up to and with this sequence is needed any more. */
  get releasedThrough(): number {
    let through = this.#options.backlog.lastSequence;
    for (const { feed } of this.#sinks) through = Math.min(through, feed.releasedThrough);
    return this.#sinks.length === 0 ? 0 : through;
  }

  /** Events that some sink still has to get. */
  get waiting(): number {
    const behind = this.#options.backlog.lastSequence - this.releasedThrough;
    return Math.max(behind, ...this.#sinks.map(({ feed }) => feed.waiting));
  }

  /**
   * All that is required has acknowledged all up to and with this sequence; when nothing is, all
   * sinks have.
   */
  get acknowledgedThrough(): number {
    const required = this.#sinks.filter((sink) => sink.required);
    const counted = required.length > 0 ? required : this.#sinks;
    return Math.min(...counted.map(({ feed }) => feed.acknowledgedThrough));
  }

  /** What may be appended and told to `appendedEarlier` only, before a mark is due. */
  get roomBeforeMark(): Room {
    const { lastSequence } = this.#options.backlog;
    return { events: this.#markAtSequence - lastSequence, bytes: this.#markAtBytes - this.#appendedBytes };
  }

  /**
   * Counts events of `roomBeforeMark`, with the next one that is told to `appended` at the latest.
   */
  appendedEarlier(bytes: number): void {
    this.#appendedBytes += bytes;
  }

  /**
   * Hot: runs once an event that `roomBeforeMark` does not cover. `isFirstOfTick`: time may be
   * asked for. True when a sink was cut off.
   */
  appended(sequence: number, bytes: number, isFirstOfTick: boolean): boolean {
    const isLarge = this.#appendedBytes >= this.#markAtBytes || sequence >= this.#markAtSequence;
    if (isLarge || isFirstOfTick) this.#mark(sequence, isLarge);
    this.#appendedBytes += bytes;
    return isLarge && this.#cutOff();
  }

  /** Forgets what tells nothing about what waits. */
  release(sequence: number): void {
    this.#marks.release(Math.min(sequence, ...this.#sinks.map(({ feed }) => feed.oldestWaiting - 1)));
  }

  states(): SinkState[] {
    return this.#sinks.map(({ feed, required }) => {
      const { name, status, reason, waiting, aside, unjudged, refused, letters, missed } = feed;
      const oldestMs = this.#age(feed);
      return { name, required, status, reason, waiting, oldestMs, aside, unjudged, refused, letters, missed };
    });
  }

  #age({ waiting, oldestWaiting }: SinkFeed): number {
    if (waiting === 0) return 0;
    const now = this.#options.clock.now();
    return now - (this.#marks.timeOf(oldestWaiting) ?? now);
  }

  #mark(sequence: number, isLarge: boolean): void {
    const atMs = this.#options.clock.now();
    const last = this.#marks.last;
    if (!isLarge && last !== undefined && atMs - last.atMs < MARK_EACH_MS) return;
    this.#marks.add({ sequence, bytes: this.#appendedBytes, atMs });
    const { maxBytes, maxEvents } = this.#options.optional;
    this.#markAtBytes = this.#appendedBytes + maxBytes * MARK_SHARE;
    this.#markAtSequence = sequence + maxEvents * MARK_SHARE;
  }

  /** A sink that is not required misses the oldest events when too much waits for it. */
  #cutOff(): boolean {
    let isCut = false;
    for (const { feed, required } of this.#sinks) {
      if (required || !this.#isTooFar(feed)) continue;
      const { backlog, optional } = this.#options;
      const fits = this.#marks.firstBehind(this.#appendedBytes - optional.maxBytes) ?? backlog.lastSequence + 1;
      feed.skip(Math.max(fits, Math.ceil(backlog.lastSequence - optional.maxEvents)));
      this.#missedLog.warn('sink.cut-off', { sink: feed.name, missed: feed.missed, waiting: feed.waiting });
      isCut = true;
    }
    return isCut;
  }

  #isTooFar({ releasedThrough }: SinkFeed): boolean {
    const { backlog, optional } = this.#options;
    const bytes = this.#appendedBytes - this.#marks.bytesBefore(releasedThrough + 1);
    return bytes > optional.maxBytes || backlog.lastSequence - releasedThrough > optional.maxEvents;
  }
}
