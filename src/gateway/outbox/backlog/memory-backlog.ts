import type { EventBoot, GatewayEvent } from '../../event/gateway-event.js';
import { EventQueue } from '../../event/event-queue.js';
import { AcceptedEvent } from '../accepted-event.js';
import type { Backlog, BacklogRange, BacklogReader, Recovered } from './backlog.js';
import type { NewEvent } from '../outbox.js';

const NOTHING_ON_DISK = { bytes: 0, segments: 0 };
const NO_DAMAGE = { places: 0, bytes: 0, events: 0 };

/** Keeps events in memory alone. */
export class MemoryBacklog implements Backlog {
  readonly isFailing = false;
  readonly diskBytes = 0;
  readonly disk = NOTHING_ON_DISK;
  readonly damage = NO_DAMAGE;
  readonly #queue = new EventQueue();
  #heldEvents = 0;
  #heldBytes = 0;

  readonly #boot: EventBoot;

  constructor(boot: EventBoot) {
    this.#boot = boot;
  }

  get lastSequence(): number {
    return this.#queue.lastSequence;
  }

  get safeThrough(): number {
    return this.#queue.lastSequence;
  }

  get events(): number {
    return this.#queue.size + this.#heldEvents;
  }

  get bytes(): number {
    return this.#queue.bytes + this.#heldBytes;
  }

  open(): Promise<Recovered> {
    return Promise.resolve({ events: 0, cursors: new Map(), closes: 0 });
  }

  push(event: NewEvent): number {
    const sequence = this.#queue.lastSequence + 1;
    this.#queue.push(new AcceptedEvent(this.#boot, sequence, sequence, event));
    return sequence;
  }

  retagged(): void {
    // There is no other process that would have to know.
  }

  reader(): BacklogReader {
    return {
      read: (range) => Promise.resolve(sliceQueue(this.#queue, range)),
      reset: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  acknowledged(): void {
    // As above.
  }

  hold(events: number, bytes: number): void {
    this.#heldEvents += events;
    this.#heldBytes += bytes;
  }

  release(sequence: number): void {
    this.#queue.dropThrough(sequence);
  }

  close(): Promise<number> {
    return Promise.resolve(this.events);
  }
}

/** The part of a range that a queue holds. */
export function sliceQueue(queue: EventQueue, { from, through, maxEvents, maxBytes }: BacklogRange): GatewayEvent[] {
  return queue.slice(from, { maxEvents: Math.min(maxEvents, through - from + 1), maxBytes });
}
