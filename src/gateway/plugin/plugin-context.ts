import { WsgError } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { LocalConnections } from '../bus/bus.js';
import type { Connection } from '../connection/connection.js';
import { makeMessage, textMessage } from '../connection/message.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { OutboundMessage } from '../transport/socket.js';
import type { PluginConnection, PluginContext, PluginSelection } from './plugin.js';

export interface PluginContextDeps {
  readonly connections: LocalConnections;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Creates the API that one plugin gets. */
export function createPluginContext({ connections, log, signal, options }: PluginContextDeps): PluginContext {
  const encode = createEncoder();
  return {
    connections: {
      get size() {
        return connections.size;
      },
      *[Symbol.iterator]() {
        for (const connection of connections) yield pluginConnection(connection, connections);
      },
    },
    select: (tags) => new TagSelection(tags, connections),
    broadcast: (selection, message) => connections.send(selectorOf(selection), encode(message)),
    log,
    signal,
    options,
  };
}

function pluginConnection(connection: Connection, connections: LocalConnections): PluginConnection {
  return {
    id: connection.id,
    get tags() {
      return connection.tags;
    },
    setTag: (key, value) => connections.setTags(connection, new Map([[key, value]])),
  };
}

function selectorOf(selection: PluginSelection): TagSelection['selector'] {
  if (selection instanceof TagSelection) return selection.selector;
  throw new WsgError('plugin.failed', 'A plugin called broadcast() with a selection that select() did not return.');
}

/** Caches the last text, because plugins often send the same one again. */
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

/** A live selection: holds the selector only and evaluates it on each use. */
class TagSelection implements PluginSelection {
  readonly selector: Selector;
  readonly #connections: LocalConnections;

  constructor(tags: Readonly<Record<string, string>>, connections: LocalConnections) {
    const pairs = new Map(Object.entries(tags));
    this.selector = pairs.size === 0 ? { kind: 'all' } : { kind: 'pairs', pairs };
    this.#connections = connections;
  }

  get size(): number {
    return this.#connections.count(this.selector);
  }

  get congested(): number {
    return this.#connections.congested(this.selector);
  }
}
