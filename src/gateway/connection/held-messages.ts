import type { Connection } from './connection.js';

/** A client's message as the transport gave it. */
export interface ClientMessage {
  readonly payload: Uint8Array;
  readonly binary: boolean;
}

/**
 * Messages that were read before a pause took hold and that the outbox could not take: at most what one read of a socket
 * holds, for each connection. They keep their order and wait for room.
 */
export class HeldMessages {
  readonly #held = new Map<Connection, ClientMessage[]>();

  /** Whether a later message of the connection has to wait as well. */
  has(connection: Connection): boolean {
    return this.#held.has(connection);
  }

  hold(connection: Connection, message: ClientMessage): void {
    const held = this.#held.get(connection);
    if (held === undefined) this.#held.set(connection, [message]);
    else held.push(message);
  }

  /** Offers all that is held, in order, until one is not accepted. */
  release(accept: (connection: Connection, message: ClientMessage) => boolean): void {
    for (const [connection, messages] of this.#held) {
      const accepted = countAccepted(messages, (message) => accept(connection, message));
      if (accepted < messages.length) {
        this.#held.set(connection, messages.slice(accepted));
        return;
      }
      this.#held.delete(connection);
    }
  }

  /** What is held of a connection, which holds nothing afterwards. */
  take(connection: Connection): readonly ClientMessage[] {
    const held = this.#held.get(connection) ?? [];
    this.#held.delete(connection);
    return held;
  }
}

function countAccepted(messages: readonly ClientMessage[], accept: (message: ClientMessage) => boolean): number {
  const refused = messages.findIndex((message) => !accept(message));
  return refused < 0 ? messages.length : refused;
}
