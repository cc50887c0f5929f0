import type { Connection } from '../connection/connection.js';
import { DELIVERED_FIELD } from './cluster-keys.js';
import type { CommandBatch } from './command-batch.js';

/** Content of an entry. */
export interface OpenEntry {
  /** Sequence of its open event; 0 when that is known to be delivered. */
  readonly opened: number;
  /** Path of its endpoint. */
  readonly path: string;
}

/** Parses the value of an entry. */
export function parseEntry(value: string): OpenEntry {
  const space = value.indexOf(' ');
  return { opened: Number(value.slice(0, space)), path: value.slice(space + 1) };
}

/**
 * Entries of the open connections of this node, for the node that has to close them when this one
 * is lost. An entry and the sequence of the last delivered event say together whether a backend
 * knows the connection.
 */
export class OpenEntries {
  #key: string;
  readonly #ttl: string;
  /** Keys of earlier starts, whose connections this node has closed. */
  #inherited: readonly string[] = [];
  /** Sequences of open events that are not delivered, by connection; they rise. */
  readonly #undelivered = new Map<string, number>();
  /** Connections without open event. */
  readonly #unannounced = new WeakSet<Connection>();
  #delivered = 0;
  #isDirty = false;

  constructor(key: string, ttlMs: number) {
    this.#key = key;
    this.#ttl = String(ttlMs);
  }

  /** True when Redis must learn that open events were delivered. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** Notes the sequence of an open event; 0 when it was not accepted. */
  opened(connection: Connection, sequence: number): void {
    if (sequence === 0) this.#unannounced.add(connection);
    else this.#undelivered.set(connection.id, sequence);
  }

  delivered(through: number): void {
    this.#delivered = through;
    for (const [id, sequence] of this.#undelivered) {
      if (sequence > through) return;
      this.#undelivered.delete(id);
      this.#isDirty = true;
    }
  }

  /** Uses another key, for which nothing is written yet. */
  moveTo(key: string): void {
    this.#key = key;
    this.#isDirty = true;
  }

  /** Removes closed connections from these keys too. */
  inherit(keys: readonly string[]): void {
    this.#inherited = keys;
  }

  write(batch: CommandBatch, connection: Connection): void {
    if (this.#unannounced.has(connection)) return;
    const { id, endpoint } = connection;
    batch.add('HSET', this.#key, id, `${this.#undelivered.get(id) ?? 0} ${endpoint.path}`);
  }

  /** Notes that no entry of the connection will be written or removed. */
  forget(id: string): void {
    this.#undelivered.delete(id);
  }

  remove(batch: CommandBatch, id: string): void {
    this.#undelivered.delete(id);
    batch.add('HDEL', this.#key, id);
    for (const key of this.#inherited) batch.add('HDEL', key, id);
  }

  /** Writes through which sequence events are delivered, and renews the time to live. */
  refresh(batch: CommandBatch): void {
    batch.add('HSET', this.#key, DELIVERED_FIELD, String(this.#delivered));
    batch.add('PEXPIRE', this.#key, this.#ttl);
    this.#isDirty = false;
  }

  /** Makes the next batch write everything: how much Redis has is not known. */
  rebuild(): void {
    this.#isDirty = true;
  }
}
