import { CLOSE_REASONS, type CloseReasonName } from '../close-reason.js';
import type { Connection } from '../connection/connection.js';
import { formatEventId, type EventBoot } from '../event/gateway-event.js';
import type { RespReply } from '../redis/resp-reader.js';
import { DELIVERED_FIELD } from './cluster-keys.js';
import type { CommandBatch } from './command-batch.js';

/** Content of an entry. */
export interface OpenEntry {
  /** Sequence in the id of its open event; 0 when that is known to be delivered. */
  readonly opened: number;
  /** Sequence in the id of its close event; 0 while there is none. */
  readonly closed: number;
  /** Reason of the close event. */
  readonly reason: CloseReasonName | undefined;
  /** Path of its endpoint. */
  readonly path: string;
}

/** Content of the field that all entries share. */
export interface Progress {
  /** Sequence in the id of the last event that is delivered. */
  readonly delivered: number;
  /** Front of the ids of all these events; '' when it is not known. */
  readonly boot: string;
}

const NO_REASON = '-';

/** Parses the value of an entry. */
export function parseEntry(value: string): OpenEntry {
  const [opened = '', closed = '', reason = '', ...path] = value.split(' ');
  return {
    opened: Number(opened),
    closed: Number(closed),
    reason: isReason(reason) ? reason : undefined,
    path: path.join(' '),
  };
}

/** Parses the value of `DELIVERED_FIELD`. */
export function parseProgress(reply: RespReply | undefined): Progress {
  const [delivered = '', boot = ''] = typeof reply === 'string' ? reply.split(' ') : [];
  return { delivered: Number(delivered), boot };
}

export interface OpenEntriesOptions {
  readonly key: string;
  readonly ttlMs: number;
  /** Boot in the ids of events. */
  readonly boot: EventBoot;
  /** Number of events of earlier starts, by which sequences are above those in ids. */
  readonly recovered: () => number;
}

/**
 * Entries of the connections of this node, for the node that has to close them when this one is
 * lost. They say which open and close events may not be delivered, and their ids: that node emits
 * them again. So a backend that got them already recognizes them.
 */
export class OpenEntries {
  readonly #options: OpenEntriesOptions;
  #key: string;
  /** Keys of earlier starts, whose connections this node has closed. */
  #inherited: readonly string[] = [];
  /** Sequences of open events that are not delivered, by connection; they rise. */
  readonly #undelivered = new Map<string, number>();
  /** Connections without open event. */
  readonly #unannounced = new WeakSet<Connection>();
  #delivered = 0;
  #isDirty = false;

  constructor(options: OpenEntriesOptions) {
    this.#options = options;
    this.#key = options.key;
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
    if (!this.#unannounced.has(connection)) this.#set(batch, connection, `0 ${NO_REASON}`);
  }

  /** Writes that the connection has a close event, before that may be delivered. */
  mark(batch: CommandBatch, connection: Connection, { sequence, reason }: CloseMark): void {
    this.#set(batch, connection, `${this.#inId(sequence)} ${reason}`);
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
    const { boot, ttlMs } = this.#options;
    const progress = `${this.#inId(this.#delivered)} ${boot.node}-${boot.epoch}`;
    batch.add('HSET', this.#key, DELIVERED_FIELD, progress);
    batch.add('PEXPIRE', this.#key, String(ttlMs));
    this.#isDirty = false;
  }

  /** Makes the next batch write everything: how much Redis has is not known. */
  rebuild(): void {
    this.#isDirty = true;
  }

  #set(batch: CommandBatch, { id, endpoint }: Connection, close: string): void {
    const opened = this.#undelivered.get(id);
    batch.add('HSET', this.#key, id, `${opened === undefined ? 0 : this.#inId(opened)} ${close} ${endpoint.path}`);
  }

  #inId(sequence: number): number {
    return Math.max(0, sequence - this.#options.recovered());
  }
}

/** A close event that waits to be delivered. */
export interface CloseMark {
  readonly sequence: number;
  readonly reason: CloseReasonName;
}

/** The id of an event of a lost node; undefined when the node's ids are not known. */
export function lostEventId({ boot }: Progress, sequence: number): string | undefined {
  const dash = boot.indexOf('-');
  if (dash < 0) return undefined;
  return formatEventId({ node: boot.slice(0, dash), epoch: Number(boot.slice(dash + 1)) }, sequence);
}

function isReason(text: string): text is CloseReasonName {
  return Object.hasOwn(CLOSE_REASONS, text);
}
