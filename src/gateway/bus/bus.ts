import type { OutboundMessage } from '../transport/socket.js';
import type { Selector } from '../tag-index/parse-selector.js';

/** How many connections did what was asked, by node. */
export type NodeCounts = ReadonlyMap<string, number>;

/** Tag changes: an empty value deletes the tag. */
export type TagChanges = ReadonlyMap<string, string>;

/** One connection as `/status` shows it. */
export interface ConnectionStatus {
  readonly id: string;
  readonly tags: ReadonlyMap<string, string>;
}

/**
 * Reaches the connections of all nodes; `local` is a node alone. The internal API knows nothing
 * else.
 */
export interface Bus {
  /** Answers how many took the message; at once where no other node is asked. */
  send(selector: Selector, message: OutboundMessage): NodeCounts | Promise<NodeCounts>;
  /**
   * Sets all or nothing; answers with a sentence when a connection would get more tags than it may
   * have.
   */
  setTags(selector: Selector, changes: TagChanges): Promise<NodeCounts | string>;
  /** Sends `message` first when there is one, then closes with 1000 "Closed by server". */
  close(selector: Selector, message: OutboundMessage | undefined): Promise<NodeCounts>;
  /** Pages of the selected connections in a stable order, for a streamed listing. */
  status(selector: Selector): AsyncIterable<readonly ConnectionStatus[]>;
  /** Whether a connection has carried such a tag since the start, or the configuration names it. */
  knowsTagKey(key: string): Promise<boolean>;
  /** Tag keys in use and for each the values in use. */
  tree(): Promise<ReadonlyMap<string, readonly string[]>>;
}
