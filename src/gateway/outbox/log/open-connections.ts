import type { NewEvent, Retagging } from '../outbox.js';

/**
 * Connections whose open event is in the log and whose close event is not, with the content of a
 * close event.
 */
export class OpenConnections {
  readonly #open = new Map<string, Retagging>();

  get size(): number {
    return this.#open.size;
  }

  has(connection: string): boolean {
    return this.#open.has(connection);
  }

  /** Iterates in the order of the open events. */
  [Symbol.iterator](): IterableIterator<Retagging> {
    return this.#open.values();
  }

  /**
   * Applies an event. An open event that was applied before changes nothing: later notes are newer.
   */
  apply({ action, connection, tags, destinations }: NewEvent): void {
    if (action === 'close') this.#open.delete(connection);
    if (action !== 'open' || this.#open.has(connection)) return;
    this.#open.set(connection, { connection, tags, ...(destinations && { destinations }) });
  }

  /**
   * Infers an open connection from its message, for the case that its open event could not be read.
   */
  infer({ action, connection, tags, destinations }: NewEvent): void {
    if (action !== 'message' || this.#open.has(connection)) return;
    this.#open.set(connection, { connection, tags, ...(destinations && { destinations }) });
  }

  /**
   * Updates a connection. False when it is not open, or its close event would not change: that has
   * only some tags.
   */
  retag(now: Retagging): boolean {
    const before = this.#open.get(now.connection);
    if (before === undefined || isSame(before, now)) return false;
    this.#open.set(now.connection, now);
    return true;
  }

  /** Adds a connection from a log, where it may come before the open event. */
  restore(now: Retagging): void {
    this.#open.set(now.connection, now);
  }

  /** Removes a connection that gets no close event. */
  forget(connection: string): void {
    this.#open.delete(connection);
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
