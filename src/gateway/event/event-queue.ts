import { eventBytes, type GatewayEvent } from './gateway-event.js';

/** Large enough that chunks are rare, small enough that dropping one frees memory soon. */
const CHUNK_EVENTS = 1024;

/** Limits on a slice of a queue. The first event is always taken, even above `maxBytes`. */
export interface QueueLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/**
 * A queue of events with consecutive sequences: push at the end, drop from the front, read
 * anywhere. A slot may be empty (`pushMissing`). Stored in chunks, so that no operation copies the
 * whole queue. Unbounded: its owner drops events.
 */
export class EventQueue {
  readonly #chunks: (GatewayEvent | undefined)[][] = [];
  /** Sequence of the first slot of the first chunk. */
  #base: number;
  #first: number;
  #next: number;
  #bytesKept = 0;

  constructor(firstSequence = 1) {
    this.#base = firstSequence;
    this.#first = firstSequence;
    this.#next = firstSequence;
  }

  /** The oldest sequence kept; one more than `lastSequence` when the queue is empty. */
  get firstSequence(): number {
    return this.#first;
  }

  /** The newest sequence pushed, kept or not. */
  get lastSequence(): number {
    return this.#next - 1;
  }

  /** The number of slots, including empty ones. */
  get size(): number {
    return this.#next - this.#first;
  }

  get bytes(): number {
    return this.#bytesKept;
  }

  /** The event's sequence must follow the last one. */
  push(event: GatewayEvent): void {
    this.#pushSlot(event);
    this.#bytesKept += eventBytes(event);
  }

  /** Takes the next sequence for an event that is not kept. */
  pushMissing(): void {
    this.#pushSlot(undefined);
  }

  /** The event of this sequence; undefined when it is not kept. */
  at(sequence: number): GatewayEvent | undefined {
    if (sequence < this.#first || sequence >= this.#next) return undefined;
    const index = sequence - this.#base;
    return this.#chunks[Math.floor(index / CHUNK_EVENTS)]?.[index % CHUNK_EVENTS];
  }

  /** Copies events from `sequence` on, up to the first empty slot, the end or the limits. */
  slice(sequence: number, limits: QueueLimits): GatewayEvent[] {
    const events: GatewayEvent[] = [];
    let bytes = 0;
    for (let position = sequence; events.length < limits.maxEvents; position++) {
      const event = this.at(position);
      if (event === undefined) break;
      bytes += eventBytes(event);
      if (bytes > limits.maxBytes && events.length > 0) break;
      events.push(event);
    }
    return events;
  }

  /** Drops all slots up to and including `sequence`. */
  dropThrough(sequence: number): void {
    const end = Math.min(sequence + 1, this.#next);
    for (; this.#first < end; this.#first++) this.#clearSlot(this.#first - this.#base);
    while (this.#first - this.#base >= CHUNK_EVENTS) {
      this.#chunks.shift();
      this.#base += CHUNK_EVENTS;
    }
  }

  #pushSlot(event: GatewayEvent | undefined): void {
    const offset = (this.#next - this.#base) % CHUNK_EVENTS;
    if (offset === 0) this.#chunks.push([event]);
    else this.#chunks.at(-1)?.push(event);
    this.#next++;
  }

  /** Empties the slot, so that its message is freed before the whole chunk is dropped. */
  #clearSlot(index: number): void {
    const chunk = this.#chunks[Math.floor(index / CHUNK_EVENTS)];
    const event = chunk?.[index % CHUNK_EVENTS];
    if (chunk === undefined || event === undefined) return;
    chunk[index % CHUNK_EVENTS] = undefined;
    this.#bytesKept -= eventBytes(event);
  }
}
