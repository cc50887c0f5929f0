import { encodingProblem, READER_HEAP_SHARE } from '../../event/encodable.js';
import { EventQueue, type QueueLimits } from '../../event/event-queue.js';
import { eventBytes, type GatewayEvent } from '../../event/gateway-event.js';

/**
 * The part of the ring behind a reader's position: first a number of missing events, then events
 * that are there.
 */
export interface EventPage {
  /** Events directly after the position that the ring has dropped, or never kept. */
  readonly missing: number;
  readonly events: readonly GatewayEvent[];
  /** The position after this page: the sequence of its last event, missing or not. */
  readonly position: number;
}

/**
 * Keeps the newest events, bounded in bytes and number. An event that is too large for the bound,
 * or for readers, leaves a gap.
 */
export class EventRing {
  #queue = new EventQueue();
  #tooLarge = 0;

  readonly #limits: QueueLimits;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get firstSequence(): number {
    return this.#queue.firstSequence;
  }

  get lastSequence(): number {
    return this.#queue.lastSequence;
  }

  get size(): number {
    return this.#queue.size;
  }

  get bytes(): number {
    return this.#queue.bytes;
  }

  /**
   * Events that were never kept because they are larger than the whole ring, or could not be
   * encoded for a reader.
   */
  get tooLargeEvents(): number {
    return this.#tooLarge;
  }

  /** The event of this sequence; undefined when it is not kept. */
  at(sequence: number): GatewayEvent | undefined {
    return this.#queue.at(sequence);
  }

  /**
   * Keeps the event and drops the oldest to make room. Ignores an event that it already has.
   * Skipped sequences count as missing.
   */
  push(event: GatewayEvent): void {
    if (event.sequence <= this.#queue.lastSequence) return;
    this.#skipTo(event.sequence);
    if (eventBytes(event) > this.#limits.maxBytes || encodingProblem(event, READER_HEAP_SHARE) !== undefined) {
      this.#tooLarge++;
      this.#queue.pushMissing();
    } else {
      this.#queue.push(event);
    }
    this.#makeRoom();
  }

  /** The page after `position`, which must not lie beyond the last sequence. */
  read(position: number, limits: QueueLimits): EventPage {
    let next = Math.max(position + 1, this.#queue.firstSequence);
    while (next <= this.#queue.lastSequence && this.#queue.at(next) === undefined) next++;
    const events = this.#queue.slice(next, limits);
    return { missing: next - 1 - position, events, position: next - 1 + events.length };
  }

  #skipTo(sequence: number): void {
    if (sequence - this.#queue.lastSequence > this.#limits.maxEvents) this.#queue = new EventQueue(sequence);
    while (this.#queue.lastSequence + 1 < sequence) this.#queue.pushMissing();
  }

  #makeRoom(): void {
    const { maxBytes, maxEvents } = this.#limits;
    while (this.#queue.bytes > maxBytes || this.#queue.size > maxEvents)
      this.#queue.dropThrough(this.#queue.firstSequence);
  }
}
