import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import { CommandBatch } from './command-batch.js';
import type { MirrorCommands } from './mirror-commands.js';
import type { CloseMark, OpenEntries } from './open-entries.js';

/** Number of free slots below which moving the rest costs more than it frees. */
const SPARED = 1_024;

/** Queue. Dropped slots are freed in steps, so that both ends cost O(1). */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest, or undefined. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** Up to `count` of the oldest items, which stay in the queue. */
  slice(count: number): T[] {
    const taken: T[] = [];
    for (let at = this.#head; at < this.#items.length && taken.length < count; at += 1) {
      const item = this.#items[at];
      if (item !== undefined) taken.push(item);
    }
    return taken;
  }

  /** Drops up to `count` of the oldest items. */
  drop(count: number): void {
    const end = Math.min(this.#head + count, this.#items.length);
    this.#items.fill(undefined, this.#head, end);
    this.#head = end;
    if (this.#head < SPARED || this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}

type Tags = ReadonlyMap<string, string>;

/** A connection that opened or closed, and the sequence of that event, which is held back. */
interface Opening {
  readonly connection: Connection;
  readonly sequence: number;
  /** Only for a connection that closed. */
  readonly mark?: CloseMark;
}

/** A connection that closed, and the sequence of its close event. */
interface Closing {
  readonly id: string;
  readonly sequence: number;
}

/** Part of the work, for one transaction. */
export interface MirrorBatch {
  readonly commands: CommandBatch;
  readonly opens: number;
  /** Sequence of the last open event whose connection is in it; 0 without one. */
  readonly openedThrough: number;
  readonly removals: number;
  readonly stale: number;
  /** True when nothing waits for any of it. */
  readonly isRoutine: boolean;
}

/** Most connections of one kind in a batch: a transaction blocks Redis for all other clients. */
const BATCH_ITEMS = 500;
const SWEPT_ITEMS = 200;
/** Most connections that wait for removal while Redis is unavailable. */
const MAX_REMOVALS = 100_000;

/**
 * Changes that must still be mirrored. After a failure they are taken again, except changes of
 * tags: the rebuild after the failure includes those.
 */
export class MirrorWork {
  readonly #opens = new Fifo<Opening>();
  readonly #closings = new Fifo<Closing>();
  readonly #removals = new Fifo<string>();
  /** Open connections that were never written to Redis. */
  readonly #unseen = new Set<Connection>();
  /** Connections whose tags changed, with the tags that Redis has. */
  #retagged = new Map<Connection, Tags>();
  #stale: string[] = [];
  #staleFrom = 0;
  #delivered = 0;
  #sweep: Iterator<Connection> | undefined;
  #isRebuild = false;

  readonly #registry: ConnectionRegistry;
  readonly #commands: MirrorCommands;
  readonly #entries: OpenEntries | undefined;
  /** In a cluster: connections that closed, and whose close event is not delivered. */
  readonly #closing = new Set<string>();
  /** Open connections that another node has closed. */
  readonly #forgotten = new WeakSet<Connection>();

  constructor(registry: ConnectionRegistry, commands: MirrorCommands, entries?: OpenEntries) {
    this.#registry = registry;
    this.#commands = commands;
    this.#entries = entries;
  }

  /** Number of changes that must still be written. */
  get pending(): number {
    return this.#opens.size + this.#retagged.size + this.#closings.size + this.#removals.size;
  }

  get hasUrgent(): boolean {
    return this.#opens.size + this.#retagged.size + this.#removals.size > 0 || this.#entries?.isDirty === true;
  }

  get isEmpty(): boolean {
    return !this.hasUrgent && !this.#mayRemoveStale && this.#sweep === undefined;
  }

  opened(connection: Connection, sequence: number): void {
    this.#opens.push({ connection, sequence });
  }

  /**
   * Notes a connection while Redis is unavailable and nothing waits for it: the rebuild writes it
   * if it is still open.
   */
  openedUnseen(connection: Connection): void {
    this.#unseen.add(connection);
  }

  retagged(connection: Connection, before: Tags): void {
    if (!this.#retagged.has(connection)) this.#retagged.set(connection, before);
  }

  /**
   * Notes the end of a connection: its keys are removed once `delivered` has reached the sequence.
   * False when it was never written.
   */
  closed(connection: Connection, sequence: number): boolean {
    if (this.#unseen.delete(connection)) return false;
    const { id } = connection;
    if (sequence === 0) this.#remove(id);
    else this.#closings.push({ id, sequence });
    return true;
  }

  /** Notes that other nodes must know of a close event before it is delivered. */
  mark(connection: Connection, mark: CloseMark): void {
    this.#closing.add(connection.id);
    this.#opens.push({ connection, sequence: mark.sequence, mark });
  }

  /** Notes the close event of a connection of an earlier start. */
  closedBefore(id: string, sequence: number): void {
    this.#closings.push({ id, sequence });
  }

  /** Connections whose close event is not delivered. */
  closing(): string[] {
    return this.#closings.slice(Infinity).map(({ id }) => id);
  }

  /** Does not write this connection any more. With `removes`, removes its keys. */
  forget(connection: Connection, removes: boolean): void {
    this.#forgotten.add(connection);
    this.#entries?.forget(connection.id);
    if (removes) this.#remove(connection.id);
  }

  delivered(through: number): void {
    this.#delivered = through;
    for (
      let next = this.#closings.peek();
      next !== undefined && next.sequence <= through;
      next = this.#closings.peek()
    ) {
      this.#closings.drop(1);
      this.#remove(next.id);
    }
  }

  /**
   * Keeps stale keys until all up to and with this sequence is delivered: their close events are
   * among it.
   */
  keepStaleUntil(sequence: number): void {
    this.#staleFrom = sequence;
  }

  /**
   * Removes the keys of these connections, except those that are open or known to be closed here.
   */
  stale(ids: readonly string[]): void {
    const leaving = new Set(this.#removals.slice(Infinity));
    for (const { id } of this.#closings.slice(Infinity)) leaving.add(id);
    this.#stale = ids.filter((id) => this.#registry.get(id) === undefined && !leaving.has(id));
  }

  /** Writes every connection again. `isRebuild`: Redis may have outdated state. */
  sweep(isRebuild: boolean): void {
    this.#sweep = this.#registry[Symbol.iterator]();
    this.#isRebuild = isRebuild;
    if (!isRebuild) return;
    this.#entries?.rebuild();
    this.#retagged = new Map();
    this.#unseen.clear();
    const opens = this.#opens.slice(Infinity).filter((opening) => this.#isWanted(opening));
    this.#opens.drop(Infinity);
    for (const opening of opens) this.#opens.push(opening);
  }

  /**
   * The next part of the work; undefined when there is none. `done` must follow once it is written.
   */
  take(): MirrorBatch | undefined {
    if (this.isEmpty) return undefined;
    const commands = new CommandBatch();
    const opens = this.#takeOpens(commands);
    this.#takeRetagged(commands);
    const removals = this.#removals.slice(BATCH_ITEMS);
    const isRoutine = commands.size === 0 && removals.length === 0;
    for (const id of removals) this.#commands.remove(commands, id);
    const stale = this.#mayRemoveStale ? this.#stale.slice(0, SWEPT_ITEMS) : [];
    for (const id of stale) this.#commands.remove(commands, id);
    this.#takeSwept(commands);
    const counts = { opens: opens.length, removals: removals.length, stale: stale.length };
    return { commands, ...counts, openedThrough: opens.at(-1)?.sequence ?? 0, isRoutine };
  }

  /** Removes a batch from the work: it is in Redis. */
  done({ opens, removals, stale }: MirrorBatch): void {
    this.#opens.drop(opens);
    this.#removals.drop(removals);
    this.#stale.splice(0, stale);
  }

  #takeOpens(commands: CommandBatch): readonly Opening[] {
    const opens = this.#opens.slice(BATCH_ITEMS);
    for (const opening of opens) {
      const { connection, mark } = opening;
      this.#retagged.delete(connection);
      if (!this.#isWanted(opening)) continue;
      if (mark === undefined) this.#commands.write(commands, connection, false);
      else this.#entries?.mark(commands, connection, mark);
    }
    return opens;
  }

  #takeRetagged(commands: CommandBatch): void {
    let taken = 0;
    for (const [connection, before] of this.#retagged) {
      if (taken === BATCH_ITEMS) break;
      taken += 1;
      this.#retagged.delete(connection);
      if (this.#isOpen(connection)) this.#commands.retag(commands, connection, before);
    }
  }

  #takeSwept(commands: CommandBatch): void {
    for (let swept = 0; swept < SWEPT_ITEMS && this.#sweep !== undefined; swept += 1) {
      const next = this.#sweep.next();
      if (next.done === true) this.#sweep = undefined;
      else if (!this.#forgotten.has(next.value)) this.#commands.write(commands, next.value, this.#isRebuild);
    }
  }

  get #mayRemoveStale(): boolean {
    return this.#stale.length > 0 && this.#delivered >= this.#staleFrom;
  }

  /** Queues a removal. Above the bound, keys expire by their TTL or are found as stale. */
  #remove(id: string): void {
    this.#closing.delete(id);
    if (this.#removals.size >= MAX_REMOVALS) this.#removals.drop(1);
    this.#removals.push(id);
  }

  /** In a cluster a connection that is closed again is written too: a backend may get its open event. */
  #isWanted({ connection }: Opening): boolean {
    return this.#isOpen(connection) || this.#closing.has(connection.id);
  }

  #isOpen(connection: Connection): boolean {
    return this.#registry.get(connection.id) === connection && !this.#forgotten.has(connection);
  }
}
