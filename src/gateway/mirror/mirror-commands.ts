import type { Connection } from '../connection/connection.js';
import type { CommandBatch } from './command-batch.js';
import type { OpenEntries } from './open-entries.js';

/**
 * Keys of a node and its connections, and the commands that update them (docs/reference/redis.md).
 */
export class MirrorCommands {
  readonly setKey: string;
  readonly #ttl: string;

  readonly #node: string;
  readonly #entries: OpenEntries | undefined;

  /** `entries`: for other nodes of a cluster. */
  constructor(node: string, ttlMs: number, entries?: OpenEntries) {
    this.#node = node;
    this.#entries = entries;
    this.setKey = `wsg:node:${node}`;
    this.#ttl = String(ttlMs);
  }

  /**
   * Writes everything about a connection. `isRebuild`: removes tags first that Redis may still
   * have.
   */
  write(batch: CommandBatch, connection: Connection, isRebuild: boolean): void {
    const { id, socket, tags } = connection;
    const key = connectionKey(id);
    batch.add('HSET', key, 'addr', socket.remoteAddress, 'node', this.#node);
    batch.add('PEXPIRE', key, this.#ttl);
    if (isRebuild) batch.add('DEL', tagsKey(id));
    if (tags.size > 0) {
      const fields: string[] = [];
      for (const [name, value] of tags) fields.push(name, value);
      batch.add('HSET', tagsKey(id), ...fields);
      batch.add('PEXPIRE', tagsKey(id), this.#ttl);
    }
    batch.add('SADD', this.setKey, id);
    this.#entries?.write(batch, connection);
  }

  /** Writes the difference between the tags before and now. */
  retag(batch: CommandBatch, { id, tags }: Connection, before: ReadonlyMap<string, string>): void {
    const changed: string[] = [];
    for (const [name, value] of tags) if (before.get(name) !== value) changed.push(name, value);
    const gone = [...before.keys()].filter((name) => !tags.has(name));
    if (changed.length > 0) {
      batch.add('HSET', tagsKey(id), ...changed);
      batch.add('PEXPIRE', tagsKey(id), this.#ttl);
    }
    if (gone.length > 0) batch.add('HDEL', tagsKey(id), ...gone);
  }

  remove(batch: CommandBatch, id: string): void {
    batch.add('DEL', connectionKey(id), tagsKey(id));
    batch.add('SREM', this.setKey, id);
    this.#entries?.remove(batch, id);
  }

  refreshSet(batch: CommandBatch): void {
    batch.add('PEXPIRE', this.setKey, this.#ttl);
    this.#entries?.refresh(batch);
  }
}

function connectionKey(id: string): string {
  return `connection:${id}`;
}

function tagsKey(id: string): string {
  return `connection:${id}:tags`;
}
