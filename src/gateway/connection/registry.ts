import type { Selector } from '../tag-index/parse-selector.js';
import { TagIndex } from '../tag-index/tag-index.js';
import type { Socket } from '../transport/socket.js';
import { Connection } from './connection.js';
import type { ConnectionIdSource } from './connection-id.js';
import type { Endpoint } from './endpoint.js';

/** Number of compound selectors whose result is cached. Measured by bench/fan-out. */
const REMEMBERED_SELECTIONS = 16;

/** Is notified of every change of the tag index, after the change. */
export interface RegistryObserver {
  tagged(connection: Connection, key: string, value: string): void;
  untagged(connection: Connection, key: string, value: string): void;
  /** Called after `untagged` for each of its tags. */
  closed(connection: Connection): void;
}

/**
 * Is notified once per change of an open connection's tags, however many tags changed. `before`
 * holds the old tags.
 */
export type RetagListener = (connection: Connection, before: ReadonlyMap<string, string>) => void;

/**
 * The open connections of this node and their tag index. All changes of tags go through the
 * registry.
 */
export class ConnectionRegistry {
  readonly #ids: ConnectionIdSource;
  readonly #connections = new Map<string, Connection>();
  readonly #index = new TagIndex<Connection>();
  /**
   * Results of selectors of ids and several pairs, valid until any change. A repeated selector is
   * the same object.
   */
  readonly #selections = new Map<Selector, Iterable<Connection>>();
  #changes = 0;
  #observer: RegistryObserver | undefined;
  readonly #retagListeners: RetagListener[] = [];

  constructor(ids: ConnectionIdSource) {
    this.#ids = ids;
  }

  /** Notifies `observer` of every later change. There is only one observer: delivery. */
  observe(observer: RegistryObserver): void {
    this.#observer = observer;
  }

  /** Adds a listener for changes of tags only, not for opening and closing. */
  onRetagged(listener: RetagListener): void {
    this.#retagListeners.push(listener);
  }

  /** Number of changes so far that may have affected the result of a selector. */
  get changes(): number {
    return this.#changes;
  }

  get size(): number {
    return this.#connections.size;
  }

  /**
   * Iterates in the order of opening. Connections may open and close meanwhile; each that stays is
   * visited exactly once.
   */
  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#connections.values();
  }

  /** Adds a connection. `tags` override the endpoint's own; an empty value removes one. */
  open(socket: Socket, endpoint: Endpoint, tags?: ReadonlyMap<string, string>): Connection {
    const connection = new Connection(this.#ids.next(), socket, endpoint);
    if (tags !== undefined && tags.size > 0) connection.tags = mergeTags(endpoint.setTags, tags);
    this.#connections.set(connection.id, connection);
    this.#forgetSelections();
    for (const [key, value] of connection.tags) this.#tag(connection, key, value);
    return connection;
  }

  /** Removes a connection; returns false if it was removed before. It keeps its last tags. */
  close(connection: Connection): boolean {
    if (!this.#connections.delete(connection.id)) return false;
    this.#forgetSelections();
    for (const [key, value] of connection.tags) this.#untag(connection, key, value);
    this.#observer?.closed(connection);
    return true;
  }

  get(id: string): Connection | undefined {
    return this.#connections.get(id);
  }

  /**
   * Returns the selected connections; the caller must not modify the result. It is a live view for
   * `all` and for one pair. Closing members while iterating is safe.
   */
  select(selector: Selector): Iterable<Connection> {
    if (selector.kind === 'all') return this.#connections.values();
    if (selector.kind === 'pairs' && selector.pairs.size === 1) return this.#index.select(selector.pairs);
    return this.#selections.get(selector) ?? this.#selectAnew(selector);
  }

  /** Like `select`, without caching, for callers that cache the result. */
  selectOnce(selector: Selector): Iterable<Connection> {
    return selector.kind === 'ids' ? this.#selectIds(selector.ids) : this.select(selector);
  }

  #selectAnew(selector: Exclude<Selector, { kind: 'all' }>): Iterable<Connection> {
    const selected = selector.kind === 'ids' ? this.#selectIds(selector.ids) : this.#index.select(selector.pairs);
    if (this.#selections.size >= REMEMBERED_SELECTIONS) this.#selections.clear();
    this.#selections.set(selector, selected);
    return selected;
  }

  /** Number of selected connections. O(1) for `all` and for one pair. */
  count(selector: Selector): number {
    if (selector.kind === 'all') return this.#connections.size;
    const members = this.select(selector);
    if (members instanceof Set) return members.size;
    return [...members].length;
  }

  /** Returns the live set of connections with a tag pair, undefined when there are none. */
  withTag(key: string, value: string): ReadonlySet<Connection> | undefined {
    return this.#index.find(key, value);
  }

  /**
   * Applies all changes at once, so that readers never see some of them; an empty value deletes.
   * Unchanged values cost nothing.
   */
  setTags(connection: Connection, changes: ReadonlyMap<string, string>): void {
    const before = connection.tags;
    let after: Map<string, string> | undefined;
    for (const [key, value] of changes) {
      if (isUnchanged(before, key, value)) continue;
      after ??= new Map(before);
      if (value === '') after.delete(key);
      else after.set(key, value);
    }
    if (after === undefined) return;
    connection.tags = after;
    if (this.#connections.get(connection.id) !== connection) return;
    this.#forgetSelections();
    this.#reindex(connection, before, changes);
    for (const listener of this.#retagListeners) listener(connection, before);
  }

  /** Registers tag keys that the configuration names. */
  learnTagKeys(keys: Iterable<string>): void {
    for (const key of keys) this.#index.learnKey(key);
  }

  /**
   * Whether any connection has carried a tag with this key since the start, or the configuration
   * names it.
   */
  knowsTagKey(key: string): boolean {
    return this.#index.knowsKey(key);
  }

  /** Returns each tag key in use with its values in use. */
  tree(): ReadonlyMap<string, readonly string[]> {
    return this.#index.tree();
  }

  #reindex(connection: Connection, before: ReadonlyMap<string, string>, changes: ReadonlyMap<string, string>): void {
    for (const [key, value] of changes) {
      if (isUnchanged(before, key, value)) continue;
      const old = before.get(key);
      if (old !== undefined) this.#untag(connection, key, old);
      if (value !== '') this.#tag(connection, key, value);
    }
  }

  #tag(connection: Connection, key: string, value: string): void {
    this.#index.add(key, value, connection);
    this.#observer?.tagged(connection, key, value);
  }

  #untag(connection: Connection, key: string, value: string): void {
    this.#index.remove(key, value, connection);
    this.#observer?.untagged(connection, key, value);
  }

  #forgetSelections(): void {
    this.#changes += 1;
    if (this.#selections.size > 0) this.#selections.clear();
  }

  #selectIds(ids: ReadonlySet<string>): Connection[] {
    const selected: Connection[] = [];
    for (const id of ids) {
      const connection = this.#connections.get(id);
      if (connection !== undefined) selected.push(connection);
    }
    return selected;
  }
}

function mergeTags(own: ReadonlyMap<string, string>, given: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const merged = new Map([...own, ...given]);
  for (const [key, value] of given) if (value === '') merged.delete(key);
  return merged;
}

function isUnchanged(tags: ReadonlyMap<string, string>, key: string, value: string): boolean {
  return value === '' ? !tags.has(key) : tags.get(key) === value;
}
