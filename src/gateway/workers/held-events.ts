import { eventBytes } from '../event/gateway-event.js';
import type { HeldRoom, NewEvent } from '../outbox/outbox.js';

/** An event that a worker accepted and that waits for room, with its sequence in the worker. */
export interface HeldEvent {
  readonly local: number;
  readonly event: NewEvent;
  /** Bytes booked for it, and where: in the room of all, or in the spare room of the worker. */
  readonly bytes: number;
  readonly isSpare: boolean;
}

/** The events of one connection that wait. */
interface Waiting {
  /** At most the sequence of its first event. */
  readonly from: number;
  events: HeldEvent[];
}

/**
 * Events of a worker that wait for room in the outbox, in the order of each connection. They use
 * the room for messages of paused clients, and then spare room for what the worker had under way.
 */
export class HeldEvents {
  readonly #room: HeldRoom;
  #spareBytes: number;
  /** In the order in which connections began to wait. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(room: HeldRoom, spareBytes: number) {
    this.#room = room;
    this.#spareBytes = spareBytes;
  }

  /** Number of connections of which events wait. */
  get size(): number {
    return this.#waiting.size;
  }

  has(connection: string): boolean {
    return this.#waiting.has(connection);
  }

  /** The worker's sequence before which nothing waits; Infinity when nothing does. */
  get from(): number {
    for (const { from } of this.#waiting.values()) return from;
    return Infinity;
  }

  /** Adds an event; false when there is no room for it. A close event needs none. */
  hold(event: NewEvent, local: number): boolean {
    const bytes = event.action === 'close' ? 0 : eventBytes(event);
    const isSpare = bytes > 0 && !this.#room.hold(bytes);
    if (isSpare && bytes > this.#spareBytes) return false;
    if (isSpare) this.#spareBytes -= bytes;
    const held = { local, event, bytes, isSpare };
    const waiting = this.#waiting.get(event.connection);
    if (waiting === undefined) this.#waiting.set(event.connection, { from: local, events: [held] });
    else waiting.events.push(held);
    return true;
  }

  /**
   * Offers the events of each connection until one is not accepted. Calls `onFree` for each
   * connection of which none waits any more.
   */
  release(accept: (held: HeldEvent) => boolean, onFree: (connection: string) => void): void {
    for (const [connection, waiting] of this.#waiting) {
      const accepted = this.#countAccepted(waiting.events, accept);
      if (accepted === waiting.events.length) {
        this.#waiting.delete(connection);
        onFree(connection);
      } else if (accepted > 0) waiting.events = waiting.events.slice(accepted);
    }
  }

  #countAccepted(events: readonly HeldEvent[], accept: (held: HeldEvent) => boolean): number {
    for (const [index, held] of events.entries()) {
      if (!accept(held)) return index;
      if (held.isSpare) this.#spareBytes += held.bytes;
      else this.#room.letGo(held.bytes);
    }
    return events.length;
  }
}
