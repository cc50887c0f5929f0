import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { Socket, SocketGroup } from '../transport/socket.js';

/** Number of groups cached for repeated selectors. */
const MOST_REMEMBERED = 16;

/**
 * Lists of at least this many ids are cached from their second use on, because lists that are used
 * once must stay short-lived garbage, as in parse-selector.ts.
 */
const LONG_LIST = 64;

/** The receivers of a selector until a connection, tag or state changes. */
export interface ReceiverGroup {
  /** Connections that the transport serves as one group. */
  readonly attached: readonly Connection[];
  /** Congested or closing connections, served by their own queues. */
  readonly detached: readonly Connection[];
  readonly sockets: SocketGroup;
}

export interface ReceiverGroupsDeps {
  readonly registry: ConnectionRegistry;
  /** Its counter grows each time a connection becomes congested, recovers or begins to close. */
  readonly writer: { readonly stateChanges: number };
  readonly makeGroup: (sockets: readonly Socket[]) => SocketGroup;
}

/**
 * Caches the receivers of `all`, ids and several pairs as groups of the transport, which cost one
 * send each. Any change of connections, tags or states invalidates all groups. Rebuilding one costs
 * O(members), little compared to the writes that follow. Measured by bench/fan-out.
 */
export class ReceiverGroups {
  readonly #deps: ReceiverGroupsDeps;
  readonly #groups = new Map<Selector | 'all', ReceiverGroup>();
  readonly #usedBefore = new WeakSet<Selector>();
  #registryChanges = -1;
  #stateChanges = -1;

  constructor(deps: ReceiverGroupsDeps) {
    this.#deps = deps;
  }

  /** Returns the group of a selector. No message may be gathered for any connection. */
  of(selector: Selector): ReceiverGroup {
    const { registry, writer } = this.#deps;
    if (this.#registryChanges !== registry.changes || this.#stateChanges !== writer.stateChanges) {
      this.#registryChanges = registry.changes;
      this.#stateChanges = writer.stateChanges;
      this.#groups.clear();
    }
    const key = selector.kind === 'all' ? 'all' : selector;
    return this.#groups.get(key) ?? this.#make(selector, key);
  }

  #make(selector: Selector, key: Selector | 'all'): ReceiverGroup {
    const { registry, makeGroup } = this.#deps;
    const attached: Connection[] = [];
    const detached: Connection[] = [];
    const sockets: Socket[] = [];
    for (const connection of registry.selectOnce(selector)) {
      if (connection.queue !== undefined) detached.push(connection);
      else {
        attached.push(connection);
        sockets.push(connection.socket);
      }
    }
    const group = { attached, detached, sockets: makeGroup(sockets) };
    if (this.#isWorthKeeping(selector)) {
      if (this.#groups.size >= MOST_REMEMBERED) this.#groups.clear();
      this.#groups.set(key, group);
    }
    return group;
  }

  #isWorthKeeping(selector: Selector): boolean {
    if (selector.kind !== 'ids' || selector.ids.size < LONG_LIST || this.#usedBefore.has(selector)) return true;
    this.#usedBefore.add(selector);
    return false;
  }
}
