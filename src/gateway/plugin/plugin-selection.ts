import type { ConnectionRegistry } from '../connection/registry.js';
import type { Delivery } from '../delivery/delivery.js';
import type { Selector } from '../tag-index/selector.js';
import type { PluginSelection } from './plugin.js';

/** A selection as plugins hold it: nothing but the selector, asked anew each time. */
export class TagSelection implements PluginSelection {
  readonly selector: Selector;
  readonly #registry: ConnectionRegistry;
  readonly #delivery: Delivery;

  constructor(tags: Readonly<Record<string, string>>, registry: ConnectionRegistry, delivery: Delivery) {
    const pairs = new Map(Object.entries(tags));
    this.selector = pairs.size === 0 ? { kind: 'all' } : { kind: 'pairs', pairs };
    this.#registry = registry;
    this.#delivery = delivery;
  }

  get size(): number {
    return this.#registry.count(this.selector);
  }

  get congested(): number {
    return this.#delivery.congested(this.selector);
  }
}
