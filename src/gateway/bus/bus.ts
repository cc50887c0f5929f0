import type { Connection } from '../connection/connection.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { OutboundMessage } from '../transport/socket.js';
import type { Transport } from '../transport/transport.js';

/** Number of connections that an operation reached, by node. */
export type NodeCounts = ReadonlyMap<string, number>;

/** Tag changes: an empty value deletes the tag. */
export type TagChanges = ReadonlyMap<string, string>;

/** How a call treats the other nodes. A bus of a single node ignores all of it. */
export interface CallOptions {
  /** Longest wait for the answers of other nodes; undefined: as configured. */
  readonly deadlineMs?: number | undefined;
  /** False: other nodes are told, but not asked for an answer, and only this node is counted. */
  readonly wait?: boolean;
}

/**
 * Result of a call. If nobody is `silent`, `counts` is exact: each connection took the message
 * once. A silent node may or may not have applied the call.
 */
export interface CallOutcome {
  readonly counts: NodeCounts;
  /**
   * Nodes that did not answer by the deadline, sorted; `*` when this node cannot reach the others
   * at all.
   */
  readonly silent: readonly string[];
  /** Nodes that refused the call as a whole, each with the reason, for the caller. */
  readonly refused: ReadonlyMap<string, string>;
}

/** One message of a batch. */
export interface BatchItem {
  readonly selector: Selector;
  readonly message: OutboundMessage;
}

/** Result of a batch: the totals of the items, in their order. */
export interface BatchOutcome extends Omit<CallOutcome, 'counts'> {
  readonly totals: readonly number[];
}

/** One connection as `/status` shows it. */
export interface ConnectionStatus {
  readonly id: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** The connections to list. With `after` or `limit` the listing is sorted by id. */
export interface StatusRequest {
  readonly selector: Selector;
  /** Only ids that sort after this one. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** A listing of connections. */
export interface StatusListing {
  readonly pages: AsyncIterable<readonly ConnectionStatus[]>;
  /** Nodes whose connections are missing. Complete once `pages` has ended. */
  silent(): readonly string[];
}

/** The tags in use. */
export interface TreeOutcome {
  /** Tag keys, each with its values. */
  readonly tree: ReadonlyMap<string, readonly string[]>;
  readonly silent: readonly string[];
}

/** The part of a transport that messages are broadcast through. */
export type Broadcaster = Pick<Transport, 'publish' | 'group'>;

const NOBODY: readonly string[] = [];
const NO_REFUSALS: ReadonlyMap<string, string> = new Map();

/** The outcome of a call that only one node took part in. */
export function ownOutcome(node: string, count: number): CallOutcome {
  return { counts: new Map<string, number>().set(node, count), silent: NOBODY, refused: NO_REFUSALS };
}

/** The outcome of a batch that only this node took part in. */
export function ownBatchOutcome(totals: readonly number[]): BatchOutcome {
  return { totals, silent: NOBODY, refused: NO_REFUSALS };
}

/**
 * Reaches the connections of all nodes. The internal API uses connections through the bus alone, so
 * a bus that spans several nodes or processes needs no change in it.
 */
export interface Bus {
  /** Starts to deliver. Call it once, before the first connection opens. */
  start(): Promise<void>;
  /** Writes what is still gathered, then delivers no more. Idempotent. */
  stop(): Promise<void>;
  /** Sends a message. Synchronous where no other node is involved. */
  send(selector: Selector, message: OutboundMessage, options?: CallOptions): CallOutcome | Promise<CallOutcome>;
  /**
   * Sends many messages in their order, as one call to each node. Synchronous where no other node
   * is involved.
   */
  sendBatch(items: readonly BatchItem[], options?: CallOptions): BatchOutcome | Promise<BatchOutcome>;
  /**
   * Changes the tags of all selected connections of a node, or of none of them: a node refuses when
   * one of its connections would exceed its maximum number of tags.
   */
  setTags(selector: Selector, changes: TagChanges, options?: CallOptions): Promise<CallOutcome>;
  /** Closes connections for `closed_by_backend`; `message`, if given, is sent first. */
  close(selector: Selector, message: OutboundMessage | undefined, options?: CallOptions): Promise<CallOutcome>;
  status(request: StatusRequest): StatusListing;
  /**
   * Whether any connection has carried a tag with this key since the start, or the configuration
   * names it.
   */
  knowsTagKey(key: string): Promise<boolean>;
  tree(): Promise<TreeOutcome>;
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
