import type { TransportEndpoint } from '../transport/transport.js';

/**
 * What happens to a connection, or to its messages, when more waits for it than its bound allows.
 */
export const SLOW_POLICIES = ['close', 'drop-oldest', 'drop-newest'] as const;

/** One of `SLOW_POLICIES`. */
export type SlowPolicy = (typeof SLOW_POLICIES)[number];

/** Bytes that may wait for one connection unless the endpoint says otherwise. */
export const DEFAULT_MAX_QUEUE_BYTES = 16 * 1024 * 1024;

/**
 * Bytes that a socket may buffer before it counts as congested unless the endpoint says otherwise.
 */
export const DEFAULT_LOW_WATER_BYTES = 64 * 1024;

/**
 * A WebSocket path and what every connection on it shares. Never changed after it was made:
 * connections keep its tags.
 */
export interface Endpoint extends TransportEndpoint {
  /** Tags of each new connection, shared until a connection's own tags change. */
  readonly setTags: ReadonlyMap<string, string>;
  /** Names of the tags that travel with each event. */
  readonly includeTags: readonly string[];
  readonly policy: SlowPolicy;
  /** Bound on what waits for one connection, in the library's buffer and in our queue together. */
  readonly maxQueueBytes: number;
  /**
   * Above so many buffered bytes a connection is congested: it leaves its topics and is served by
   * its own queue.
   */
  readonly lowWaterBytes: number;
}

/**
 * The library's own hard limit for a bound of ours. It lies above everything that delivery lets a
 * socket buffer, so that the library, which drops without telling whom it was for, never has to.
 */
export function bufferLimitBytes(maxQueueBytes: number): number {
  return maxQueueBytes + 1024 * 1024;
}
