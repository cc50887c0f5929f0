import { WsgError } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import type { Delivery } from '../delivery/delivery.js';
import { makeMessage, textMessage } from '../connection/message.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { OutboundMessage } from '../transport/socket.js';
import type { PluginConnection, PluginContext, PluginSelection } from './plugin.js';

/** What a context is made of. */
export interface PluginContextParts {
  readonly registry: ConnectionRegistry;
  readonly delivery: Delivery;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What one plugin sees of the gateway. */
export function createPluginContext(parts: PluginContextParts): PluginContext {
  const { registry, delivery, log, signal, options } = parts;
  const encode = createEncoder();
  return {
    connections: {
      get size() {
        return registry.size;
      },
      *[Symbol.iterator]() {
        for (const connection of registry) yield pluginConnection(connection, registry);
      },
    },
    select: (tags) => new TagSelection(tags, registry, delivery),
    broadcast: (selection, message) => delivery.send(selectorOf(selection), encode(message)),
    log,
    signal,
    options,
  };
}

function pluginConnection(connection: Connection, registry: ConnectionRegistry): PluginConnection {
  return {
    id: connection.id,
    get tags() {
      return connection.tags;
    },
    setTag: (key, value) => registry.setTags(connection, new Map([[key, value]])),
  };
}

function selectorOf(selection: PluginSelection): TagSelection['selector'] {
  if (selection instanceof TagSelection) return selection.selector;
  throw new WsgError('plugin.failed', 'A plugin broadcast to a selection that select() did not make.');
}

/** Encodes a text again only when it differs from the last one: plugins repeat themselves. */
function createEncoder(): (message: string | Uint8Array) => OutboundMessage {
  let lastText: string | undefined;
  let lastMessage = textMessage('');
  return (message) => {
    if (typeof message !== 'string') return makeMessage(Uint8Array.from(message), true);
    if (message !== lastText) {
      lastText = message;
      lastMessage = textMessage(message);
    }
    return lastMessage;
  };
}

/** A selection as plugins hold it: nothing but the selector, asked anew each time. */
class TagSelection implements PluginSelection {
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
