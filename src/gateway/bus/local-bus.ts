import { countTags } from '../access/tag-limits.js';
import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import type { Delivery } from '../delivery/delivery.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { OutboundMessage } from '../transport/socket.js';
import type { Broadcaster, Bus, ConnectionStatus, LocalConnections, NodeCounts, TagChanges } from './bus.js';

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
  readonly local: LocalConnections;
  readonly #node: string;
  readonly #registry: ConnectionRegistry;
  readonly #delivery: Delivery;
  readonly #maxTags: number;

  constructor({ node, registry, delivery, maxTags = Number.POSITIVE_INFINITY }: LocalBusDeps) {
    this.local = new NodeConnections(registry, delivery);
    this.#node = node;
    this.#registry = registry;
    this.#delivery = delivery;
    this.#maxTags = maxTags;
  }

  async start(transport: Broadcaster): Promise<void> {
    this.#delivery.start(transport);
  }

  async stop(): Promise<void> {
    this.#delivery.stop();
  }

  send(selector: Selector, message: OutboundMessage): NodeCounts {
    return this.#count(this.#delivery.send(selector, message));
  }

  async setTags(selector: Selector, changes: TagChanges): Promise<NodeCounts | string> {
    // A copy, because changing the selected tag removes connections from the set being iterated.
    const selected: Connection[] = [...this.#registry.select(selector)];
    const full = selected.find((connection) => this.#isTooMuchFor(connection, changes));
    if (full !== undefined) {
      const count = countTags(full.tags, changes);
      return `the connection ${full.id} would have ${count} tags; at most ${this.#maxTags} are allowed`;
    }
    for (const connection of selected) this.#registry.setTags(connection, changes);
    return this.#count(selected.length);
  }

  async close(selector: Selector, message: OutboundMessage | undefined): Promise<NodeCounts> {
    return this.#count(this.#delivery.close(selector, 'closed_by_backend', message));
  }

  async *status(selector: Selector): AsyncIterable<readonly ConnectionStatus[]> {
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

  async knowsTagKey(key: string): Promise<boolean> {
    return this.#registry.knowsTagKey(key);
  }

  async tree(): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.#registry.tree();
  }

  /** A connection above the limit keeps its tags but gets no further ones. */
  #isTooMuchFor({ tags }: Connection, changes: TagChanges): boolean {
    if (tags.size + changes.size <= this.#maxTags) return false;
    const count = countTags(tags, changes);
    return count > this.#maxTags && count > tags.size;
  }

  #count(count: number): NodeCounts {
    return new Map<string, number>().set(this.#node, count);
  }
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
