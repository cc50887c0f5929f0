import type { NewEvent, Retagging } from '../outbox.js';

/**
 * The connections whose open event is in the log and whose close event is not, with what their
 * close event would say.
 */
export class OpenConnections {
  readonly #open = new Map<string, Retagging>();

  get size(): number {
    return this.#open.size;
  }

  /** In the order in which they opened. */
  [Symbol.iterator](): IterableIterator<Retagging> {
    return this.#open.values();
  }

  /** An open event that was applied before changes nothing: what was noted since is newer. */
  apply({ action, connection, tags, destinations }: NewEvent): void {
    if (action === 'close') this.#open.delete(connection);
    if (action !== 'open' || this.#open.has(connection)) return;
    this.#open.set(connection, { connection, tags, ...(destinations && { destinations }) });
  }

  /**
   * A connection that sends a message is open, also when the event that said so could not be read.
   */
  infer({ action, connection, tags, destinations }: NewEvent): void {
    if (action !== 'message' || this.#open.has(connection)) return;
    this.#open.set(connection, { connection, tags, ...(destinations && { destinations }) });
  }

  /**
   * False when the connection is not open, or its close event would say the same: most tags are not
   * in it.
   */
  retag(now: Retagging): boolean {
    const before = this.#open.get(now.connection);
    if (before === undefined || isSame(before, now)) return false;
    this.#open.set(now.connection, now);
    return true;
  }

  /** As read from a log, where it may stand before the open event. */
  restore(now: Retagging): void {
    this.#open.set(now.connection, now);
  }

  clear(): void {
    this.#open.clear();
  }
}

function isSame(a: Retagging, b: Retagging): boolean {
  const [from, to] = [a.destinations, b.destinations];
  if (a.tags !== b.tags || from?.length !== to?.length) return false;
  return from === to || from?.every((destination, position) => destination === to?.[position]) === true;
}
