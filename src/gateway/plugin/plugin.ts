import type { Logger } from '../../core/logger.js';

/** A connection as plugins see it. */
export interface PluginConnection {
  readonly id: string;
  readonly tags: ReadonlyMap<string, string>;
  /** Sets one tag; an empty value deletes it. */
  setTag(key: string, value: string): void;
}

/** A live view of the connections that carry all of some tags. */
export interface PluginSelection {
  readonly size: number;
  /** Number of them above their low-water mark, so that a sender can hold back (backpressure). */
  readonly congested: number;
}

/** The plugin API: the argument of `start`. */
export interface PluginContext {
  /** All open connections of this node. */
  readonly connections: { readonly size: number; [Symbol.iterator](): Iterator<PluginConnection> };
  /** Selects connections by tags, all of which must match. */
  select(tags: Readonly<Record<string, string>>): PluginSelection;
  /**
   * Queues a message for each selected connection; returns how many accepted it. A string is sent
   * as text, bytes as binary.
   */
  broadcast(selection: PluginSelection, message: string | Uint8Array): number;
  readonly log: Logger;
  /** Aborted when the gateway drains. */
  readonly signal: AbortSignal;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The exports of a module named in the configuration (`plugins: [{module, options}]`). */
export interface Plugin {
  /**
   * Declares that the plugin may run in several worker processes at once, each with the connections
   * of that process. A gateway with several workers refuses a plugin without it.
   */
  readonly perWorker?: boolean;
  start(context: PluginContext): void | Promise<void>;
  stop?(): void | Promise<void>;
}
