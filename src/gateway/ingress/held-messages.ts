import type { HeldRoom } from '../outbox/outbox.js';
import type { Connection } from '../connection/connection.js';

/** A client's message from the transport. */
export interface ClientMessage {
  readonly payload: Uint8Array;
  readonly binary: boolean;
}

type Accept = (connection: Connection, message: ClientMessage) => boolean;

/** Memory of a message's objects. */
const OVERHEAD_BYTES = 512;

/**
 * Messages of paused clients that the outbox had no room for, usually one per client, because a
 * paused client is not read. They keep their order, count against the outbox's limit, and wait for
 * room.
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

  /** Whether a message of the connection is held, so that later ones must wait too. */
  has(connection: Connection): boolean {
    return this.#held.has(connection);
  }

  /** Holds a message; returns false when there is no room for it. */
  hold(connection: Connection, message: ClientMessage): boolean {
    if (!this.#room.hold(cost(message))) return false;
    const held = this.#held.get(connection);
    if (held === undefined) this.#held.set(connection, [message]);
    else held.push(message);
    return true;
  }

  /**
   * Offers held messages while `mayGoOn`, in order for each connection. Returns the connections
   * without held messages left.
   */
  release(accept: Accept, mayGoOn: () => boolean): readonly Connection[] {
    // Accepting a message may free room and call this again.
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
   * Offers the held messages of a closing connection and drops the rest. Returns how many were
   * dropped.
   */
  end(connection: Connection, accept: (message: ClientMessage) => boolean): number {
    const messages = this.#held.get(connection) ?? [];
    this.#held.delete(connection);
    const accepted = this.#countAccepted(messages, accept);
    for (const message of messages.slice(accepted)) this.#room.letGo(cost(message));
    return messages.length - accepted;
  }

  /**
   * Releases a message's room before offering it, and books it again only if it was not accepted,
   * so that a message does not block itself.
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
