import type { EventBoot, GatewayEvent } from '../../event/gateway-event.js';
import { EventQueue } from '../../event/event-queue.js';
import { acceptedEvent } from '../accepted-event.js';
import type { Backlog, BacklogRange, BacklogReader, Recovered } from './backlog.js';
import type { NewEvent } from '../outbox.js';

const NOTHING_ON_DISK = { bytes: 0, segments: 0 };
const NO_DAMAGE = { places: 0, bytes: 0, events: 0 };

/** Keeps events in memory only: they end with the process. */
export class MemoryBacklog implements Backlog {
  readonly isFailing = false;
  readonly diskBytes = 0;
  readonly disk = NOTHING_ON_DISK;
  readonly damage = NO_DAMAGE;
  readonly #queue = new EventQueue();
  #asideEvents = 0;
  #asideBytes = 0;

  readonly #boot: EventBoot;

  constructor(boot: EventBoot) {
    this.#boot = boot;
  }

  get appendedThrough(): number {
    return this.#queue.lastSequence;
  }

  get durableThrough(): number {
    return this.#queue.lastSequence;
  }

  get events(): number {
    return this.#queue.size + this.#asideEvents;
  }

  get bytes(): number {
    return this.#queue.bytes + this.#asideBytes;
  }

  open(): Promise<Recovered> {
    return Promise.resolve({ events: 0, cursors: new Map(), closes: 0 });
  }

  append(event: NewEvent): number {
    const sequence = this.#queue.lastSequence + 1;
    this.#queue.push(acceptedEvent(this.#boot, sequence, sequence, event));
    return sequence;
  }

  retagged(): void {
    // Nothing outlives this process.
  }

  disown(): void {
    // Nothing outlives this process.
  }

  reader(): BacklogReader {
    return {
      read: (range) => Promise.resolve(sliceQueue(this.#queue, range)),
      reset: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }

  delivered(): void {
    // Nothing outlives this process.
  }

  setAside(events: number, bytes: number): void {
    this.#asideEvents += events;
    this.#asideBytes += bytes;
  }

  release(sequence: number): void {
    this.#queue.dropThrough(sequence);
  }

  close(): Promise<number> {
    return Promise.resolve(this.events);
  }
}

/** Reads the part of a range that is in the queue. */
export function sliceQueue(queue: EventQueue, { from, through, maxEvents, maxBytes }: BacklogRange): GatewayEvent[] {
  return queue.slice(from, { maxEvents: Math.min(maxEvents, through - from + 1), maxBytes });
}
