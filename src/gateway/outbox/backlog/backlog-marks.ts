import type { Clock } from '../../../core/clock.js';
import type { QueueLimits } from '../../event/event-queue.js';
import type { Headroom } from './backlog.js';

/** Time at which an event was appended, and bytes of events appended before it. */
interface Mark {
  readonly sequence: number;
  readonly bytes: number;
  readonly atMs: number;
}

/** Above it every second mark is dropped: age and size become coarser, memory does not grow. */
const MAX_MARKS = 4096;
/** Precision of the age of a waiting event. */
const MARK_EACH_MS = 100;
/** Precision of the size of what waits for a sink, as a share of its limit. */
const MARK_SHARE = 1 / 32;

/** Age of a waiting event, and bytes behind it, without keeping them for each event. */
export class BacklogMarks {
  readonly #clock: Clock;
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  #marks: Mark[] = [];
  #appendedBytes = 0;
  /** Size at which the next mark is due, whatever the time. */
  #dueAtBytes = 0;
  #dueAtSequence = 0;

  /** `limits`: what may wait for a sink that is not required. */
  constructor(clock: Clock, limits: QueueLimits) {
    this.#clock = clock;
    this.#maxEvents = limits.maxEvents * MARK_SHARE;
    this.#maxBytes = limits.maxBytes * MARK_SHARE;
  }

  /** Counts the age of events of an earlier process from now on. */
  start(): void {
    this.#add({ sequence: 0, bytes: 0, atMs: this.#clock.now() });
  }

  /**
   * Events after `sequence`, the last one, that `appendedUnmarked` may count before a mark is due.
   */
  roomBeforeMark(sequence: number): Headroom {
    return { events: this.#dueAtSequence - sequence, bytes: this.#dueAtBytes - this.#appendedBytes };
  }

  /** Counts events within `roomBeforeMark`, before the next call of `appended`. */
  appendedUnmarked(bytes: number): void {
    this.#appendedBytes += bytes;
  }

  /**
   * Counts an event. Hot: runs once for each event outside `roomBeforeMark`. The clock is read only
   * for the first event of a tick. True when a mark was due for size.
   */
  appended(sequence: number, bytes: number, isFirstOfTick: boolean): boolean {
    const isLarge = this.#appendedBytes >= this.#dueAtBytes || sequence >= this.#dueAtSequence;
    if (isLarge || isFirstOfTick) this.#mark(sequence, isLarge);
    this.#appendedBytes += bytes;
    return isLarge;
  }

  /** Age of the event, to the precision of the marks. */
  ageMsOf(sequence: number): number {
    const now = this.#clock.now();
    return now - (this.#markOf(sequence)?.atMs ?? now);
  }

  /** Bytes of the event and of those after it, to the precision of the marks. */
  bytesFrom(sequence: number): number {
    return this.#appendedBytes - (this.#markOf(sequence)?.bytes ?? 0);
  }

  /** The first marked event with at most `bytes` from it on; undefined when there is none. */
  firstWithin(bytes: number): number | undefined {
    const least = this.#appendedBytes - bytes;
    return this.#marks.find((mark) => mark.bytes >= least)?.sequence;
  }

  /** Drops marks that later events do not need. */
  release(sequence: number): void {
    const needed = this.#marks.findLastIndex((mark) => mark.sequence <= sequence + 1);
    if (needed > 0) this.#marks.splice(0, needed);
  }

  #mark(sequence: number, isLarge: boolean): void {
    const atMs = this.#clock.now();
    const last = this.#marks.at(-1);
    if (!isLarge && last !== undefined && atMs - last.atMs < MARK_EACH_MS) return;
    this.#add({ sequence, bytes: this.#appendedBytes, atMs });
    this.#dueAtBytes = this.#appendedBytes + this.#maxBytes;
    this.#dueAtSequence = sequence + this.#maxEvents;
  }

  #add(mark: Mark): void {
    this.#marks.push(mark);
    if (this.#marks.length > MAX_MARKS) this.#marks = this.#marks.filter((_, index) => index % 2 === 0);
  }

  #markOf(sequence: number): Mark | undefined {
    return this.#marks.findLast((mark) => mark.sequence <= sequence);
  }
}
