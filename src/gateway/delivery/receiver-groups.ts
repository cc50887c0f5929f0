import type { Connection } from '../connection/connection.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import type { Selector } from '../tag-index/parse-selector.js';
import type { Socket, SocketGroup } from '../transport/socket.js';

/** Groups kept for selectors that come again. */
const MOST_REMEMBERED = 16;

/**
 * Lists of at least so many ids are kept from their second use on: those that never come again must
 * die young, as in parse-selector.ts.
 */
const LONG_LIST = 64;

/** The receivers of a selector, as long as nothing changes. */
export interface ReceiverGroup {
  /** Served by the transport as one. */
  readonly attached: readonly Connection[];
  /** Congested or closing: served by their own queues. */
  readonly detached: readonly Connection[];
  readonly sockets: SocketGroup;
}

/** What groups are made of. */
export interface ReceiverGroupsParts {
  readonly registry: ConnectionRegistry;
  /** Grows each time a connection becomes congested, recovers or begins to close. */
  readonly writer: { readonly stateChanges: number };
  readonly makeGroup: (sockets: readonly Socket[]) => SocketGroup;
}

/**
 * The receivers of `all`, ids and several pairs as groups of the transport, which are sent to at
 * the cost of one. Any change of connections, tags or states makes all groups anew when they are
 * next asked for: O(members), little beside the writes that follow. Measured by bench/fan-out.
 */
export class ReceiverGroups {
  readonly #parts: ReceiverGroupsParts;
  readonly #groups = new Map<Selector | 'all', ReceiverGroup>();
  readonly #usedBefore = new WeakSet<Selector>();
  #registryChanges = -1;
  #stateChanges = -1;

  constructor(parts: ReceiverGroupsParts) {
    this.#parts = parts;
  }

  /** Nothing may be gathered for any connection. */
  of(selector: Selector): ReceiverGroup {
    const { registry, writer } = this.#parts;
    if (this.#registryChanges !== registry.changes || this.#stateChanges !== writer.stateChanges) {
      this.#registryChanges = registry.changes;
      this.#stateChanges = writer.stateChanges;
      this.#groups.clear();
    }
    const key = selector.kind === 'all' ? 'all' : selector;
    return this.#groups.get(key) ?? this.#make(selector, key);
  }

  #make(selector: Selector, key: Selector | 'all'): ReceiverGroup {
    const { registry, makeGroup } = this.#parts;
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
