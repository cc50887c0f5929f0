import { countTags } from '../access/tag-limits.js';
import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import type { Delivery } from '../delivery/delivery.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { OutboundMessage } from '../transport/socket.js';
import {
  ownBatchOutcome,
  ownOutcome,
  type BatchItem,
  type BatchOutcome,
  type Broadcaster,
  type Bus,
  type CallOutcome,
  type ConnectionStatus,
  type LocalConnections,
  type StatusListing,
  type StatusRequest,
  type TagChanges,
  type TreeOutcome,
} from './bus.js';

const STATUS_PAGE = 1000;

export interface LocalBusDeps {
  /** Name of this node in counts. */
  readonly node: string;
  readonly registry: ConnectionRegistry;
  readonly delivery: Delivery;
  /** Maximum number of tags of one connection. Default: no limit. */
  readonly maxTags?: number;
}

/** The bus of a single node. */
export class LocalBus implements Bus {
  /** For plugins in the same process. */
  readonly local: LocalConnections;
  readonly #node: string;
  readonly #registry: ConnectionRegistry;
  readonly #delivery: Delivery;
  readonly #maxTags: number;
  #transport: Broadcaster | undefined;

  constructor({ node, registry, delivery, maxTags = Number.POSITIVE_INFINITY }: LocalBusDeps) {
    this.local = new NodeConnections(registry, delivery);
    this.#node = node;
    this.#registry = registry;
    this.#delivery = delivery;
    this.#maxTags = maxTags;
  }

  /** Sets the transport that `start` begins to deliver through. Call it before `start`. */
  deliverThrough(transport: Broadcaster): void {
    this.#transport = transport;
  }

  async start(): Promise<void> {
    if (this.#transport === undefined) throw new Error('the bus has no transport');
    this.#delivery.start(this.#transport);
  }

  async stop(): Promise<void> {
    this.#delivery.stop();
  }

  send(selector: Selector, message: OutboundMessage): CallOutcome {
    return ownOutcome(this.#node, this.#delivery.send(selector, message));
  }

  sendBatch(items: readonly BatchItem[]): BatchOutcome {
    return ownBatchOutcome(items.map(({ selector, message }) => this.#delivery.send(selector, message)));
  }

  async setTags(selector: Selector, changes: TagChanges): Promise<CallOutcome> {
    // A copy, because changing the selected tag removes connections from the set being iterated.
    const selected: Connection[] = [...this.#registry.select(selector)];
    const reason = this.#refusalOf(selected, changes);
    if (reason !== undefined) return { ...ownOutcome(this.#node, 0), refused: new Map([[this.#node, reason]]) };
    for (const connection of selected) this.#registry.setTags(connection, changes);
    return ownOutcome(this.#node, selected.length);
  }

  /** Reason for which `setTags` would refuse these changes now; undefined when it would not. */
  tagsRefusal(selector: Selector, changes: TagChanges): string | undefined {
    return this.#refusalOf(this.#registry.select(selector), changes);
  }

  async close(selector: Selector, message: OutboundMessage | undefined): Promise<CallOutcome> {
    return ownOutcome(this.#node, this.#delivery.close(selector, 'closed_by_backend', message));
  }

  status(request: StatusRequest): StatusListing {
    const isSorted = request.after !== undefined || request.limit !== undefined;
    return { pages: isSorted ? this.#sortedPages(request) : this.#allPages(request.selector), silent: () => [] };
  }

  async *#allPages(selector: Selector): AsyncGenerator<readonly ConnectionStatus[]> {
    let page: ConnectionStatus[] = [];
    // A copy, because the selected set may lose and regain members while the listing is read.
    const selected = selector.kind === 'all' ? this.#registry : [...this.#registry.select(selector)];
    for (const connection of selected) {
      const { id, tags } = connection;
      if (this.#registry.get(id) !== connection) continue;
      page.push({ id, tags });
      if (page.length < STATUS_PAGE) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  async *#sortedPages({ selector, after = '', limit }: StatusRequest): AsyncGenerator<readonly ConnectionStatus[]> {
    const first = firstById(this.#registry.select(selector), after, limit ?? Number.POSITIVE_INFINITY);
    for (let from = 0; from < first.length; from += STATUS_PAGE) yield first.slice(from, from + STATUS_PAGE);
  }

  async knowsTagKey(key: string): Promise<boolean> {
    return this.#registry.knowsTagKey(key);
  }

  async tree(): Promise<TreeOutcome> {
    return { tree: this.#registry.tree(), silent: [] };
  }

  #refusalOf(selected: Iterable<Connection>, changes: TagChanges): string | undefined {
    for (const connection of selected) {
      if (!this.#isTooMuchFor(connection, changes)) continue;
      const count = countTags(connection.tags, changes);
      return `the connection ${connection.id} would have ${count} tags; at most ${this.#maxTags} are allowed`;
    }
    return undefined;
  }

  /** A connection above the limit keeps its tags but gets no further ones. */
  #isTooMuchFor({ tags }: Connection, changes: TagChanges): boolean {
    if (tags.size + changes.size <= this.#maxTags) return false;
    const count = countTags(tags, changes);
    return count > this.#maxTags && count > tags.size;
  }
}

/**
 * The first `limit` connections by id after `after`. Keeps at most twice as many while it reads, so
 * that a page of many connections does not sort them all.
 */
function firstById(selected: Iterable<Connection>, after: string, limit: number): ConnectionStatus[] {
  let kept: ConnectionStatus[] = [];
  let end: string | undefined;
  const cut = (): void => {
    kept = kept.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
    if (kept.length === limit) end = kept.at(-1)?.id;
  };
  for (const { id, tags } of selected) {
    if (id <= after || (end !== undefined && id >= end)) continue;
    kept.push({ id, tags });
    if (kept.length >= Math.max(STATUS_PAGE, 2 * limit)) cut();
  }
  cut();
  return kept;
}

/** Registry and delivery of one node behind the interface of the bus. */
class NodeConnections implements LocalConnections {
  readonly #registry: ConnectionRegistry;
  readonly #delivery: Delivery;

  constructor(registry: ConnectionRegistry, delivery: Delivery) {
    this.#registry = registry;
    this.#delivery = delivery;
  }

  get size(): number {
    return this.#registry.size;
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#registry[Symbol.iterator]();
  }

  count(selector: Selector): number {
    return this.#registry.count(selector);
  }

  congested(selector: Selector): number {
    return this.#delivery.congested(selector);
  }

  /** Hot path of plugins that broadcast. Measured by bench/helper-loop. */
  send(selector: Selector, message: OutboundMessage): number {
    return this.#delivery.send(selector, message);
  }

  setTags(connection: Connection, changes: TagChanges): void {
    this.#registry.setTags(connection, changes);
  }
}
