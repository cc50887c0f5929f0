import type { Connection } from '../connection/connection.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { OutboundMessage } from '../transport/socket.js';
import type { Transport } from '../transport/transport.js';

/** Number of connections that an operation reached, by node. */
export type NodeCounts = ReadonlyMap<string, number>;

/** Tag changes: an empty value deletes the tag. */
export type TagChanges = ReadonlyMap<string, string>;

/** One connection as `/status` shows it. */
export interface ConnectionStatus {
  readonly id: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** The part of a transport that messages are broadcast through. */
export type Broadcaster = Pick<Transport, 'publish' | 'group'>;

/**
 * Reaches the connections of all nodes. The internal API and plugins use connections through the
 * bus alone, so a bus that spans several nodes needs no change in either.
 */
export interface Bus {
  /** The connections of this node. */
  readonly local: LocalConnections;
  /** Starts to deliver through `transport`. Call it once, before the first connection opens. */
  start(transport: Broadcaster): Promise<void>;
  /** Writes what is still gathered, then delivers no more. Idempotent. */
  stop(): Promise<void>;
  /**
   * Sends a message; returns how many connections accepted it. Synchronous where no other node is
   * involved.
   */
  send(selector: Selector, message: OutboundMessage): NodeCounts | Promise<NodeCounts>;
  /**
   * Changes the tags of all selected connections or of none. Resolves to an error message when a
   * connection would exceed its maximum number of tags.
   */
  setTags(selector: Selector, changes: TagChanges): Promise<NodeCounts | string>;
  /** Closes connections for `closed_by_backend`; `message`, if given, is sent first. */
  close(selector: Selector, message: OutboundMessage | undefined): Promise<NodeCounts>;
  /** Pages of the selected connections in a stable order, for a streamed listing. */
  status(selector: Selector): AsyncIterable<readonly ConnectionStatus[]>;
  /**
   * Whether any connection has carried a tag with this key since the start, or the configuration
   * names it.
   */
  knowsTagKey(key: string): Promise<boolean>;
  /** Tag keys in use, each with its values in use. */
  tree(): Promise<ReadonlyMap<string, readonly string[]>>;
}

/**
 * The connections of this node, for plugins in the same process. Nothing is awaited, and a
 * broadcast allocates nothing. Iteration visits each connection that stays open exactly once.
 */
export interface LocalConnections extends Iterable<Connection> {
  readonly size: number;
  /** Number of selected connections. O(1) for `all` and for one tag pair. */
  count(selector: Selector): number;
  /** Number of selected connections that read too slowly. */
  congested(selector: Selector): number;
  /** Returns how many connections accepted the message. */
  send(selector: Selector, message: OutboundMessage): number;
  /** Changes tags without a limit on their number. */
  setTags(connection: Connection, changes: TagChanges): void;
}
