import type { HeldRoom } from '../outbox/outbox.js';
import type { Connection } from '../connection/connection.js';

/** A client's message as the transport gave it. */
export interface ClientMessage {
  readonly payload: Uint8Array;
  readonly binary: boolean;
}

type Accept = (connection: Connection, message: ClientMessage) => boolean;

/** The objects of a message. */
const OVERHEAD_BYTES = 512;

/**
 * Messages that the outbox could not take, of clients that are paused: mostly one of each, for a
 * paused client is not read any further. They keep their order, count in the outbox's bound, and
 * wait for room.
 */
export class HeldMessages {
  readonly #held = new Map<Connection, ClientMessage[]>();
  readonly #room: HeldRoom;
  #isReleasing = false;

  constructor(room: HeldRoom) {
    this.#room = room;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Whether a later message of the connection has to wait as well. */
  has(connection: Connection): boolean {
    return this.#held.has(connection);
  }

  /** False when there is no room for it. */
  hold(connection: Connection, message: ClientMessage): boolean {
    if (!this.#room.hold(cost(message))) return false;
    const held = this.#held.get(connection);
    if (held === undefined) this.#held.set(connection, [message]);
    else held.push(message);
    return true;
  }

  /**
   * Offers what is held, each connection's in order, while `mayGoOn`. Answers with the connections
   * of which nothing is held any more.
   */
  release(accept: Accept, mayGoOn: () => boolean): readonly Connection[] {
    // What is accepted may make more room, and lead here again.
    if (this.#isReleasing) return [];
    this.#isReleasing = true;
    try {
      return this.#release(accept, mayGoOn);
    } finally {
      this.#isReleasing = false;
    }
  }

  #release(accept: Accept, mayGoOn: () => boolean): Connection[] {
    const free: Connection[] = [];
    for (const [connection, messages] of this.#held) {
      if (!mayGoOn()) break;
      const accepted = this.#countAccepted(messages, (message) => accept(connection, message));
      if (accepted === messages.length) {
        this.#held.delete(connection);
        free.push(connection);
      } else if (accepted > 0) this.#held.set(connection, messages.slice(accepted));
    }
    return free;
  }

  /**
   * Offers what is held of a connection that ends, which holds nothing afterwards. Answers how many
   * were not accepted.
   */
  end(connection: Connection, accept: (message: ClientMessage) => boolean): number {
    const messages = this.#held.get(connection) ?? [];
    this.#held.delete(connection);
    const accepted = this.#countAccepted(messages, accept);
    for (const message of messages.slice(accepted)) this.#room.letGo(cost(message));
    return messages.length - accepted;
  }

  /**
   * What is offered must not stand in its own way: it is booked again only when it was not
   * accepted.
   */
  #countAccepted(messages: readonly ClientMessage[], accept: (message: ClientMessage) => boolean): number {
    for (const [index, message] of messages.entries()) {
      this.#room.letGo(cost(message));
      if (accept(message)) continue;
      this.#room.hold(cost(message));
      return index;
    }
    return messages.length;
  }
}

function cost({ payload }: ClientMessage): number {
  return payload.byteLength + OVERHEAD_BYTES;
}
