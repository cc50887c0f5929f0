import type { TransportEndpoint } from '../transport/transport.js';

/** Policies for a connection whose queue exceeds its limit. */
export const SLOW_POLICIES = ['close', 'drop-oldest', 'drop-newest'] as const;

/** One of `SLOW_POLICIES`. */
export type SlowPolicy = (typeof SLOW_POLICIES)[number];

/** Default limit on bytes queued for one connection. */
export const DEFAULT_MAX_QUEUE_BYTES = 16 * 1024 * 1024;

/** Default low-water mark: bytes that a socket may buffer before it counts as congested. */
export const DEFAULT_LOW_WATER_BYTES = 64 * 1024;

/**
 * A WebSocket path and the options that its connections share. Immutable, because connections refer
 * to its tags.
 */
export interface Endpoint extends TransportEndpoint {
  /** Tags of each new connection, shared until a connection's tags change. */
  readonly setTags: ReadonlyMap<string, string>;
  /** Names of the tags that each event includes. */
  readonly includeTags: readonly string[];
  readonly policy: SlowPolicy;
  /**
   * Limit on bytes queued for one connection, in the library's buffer and in delivery's queue
   * together.
   */
  readonly maxQueueBytes: number;
  /**
   * Buffered bytes above which a connection is congested: it leaves its topics and is served by its
   * own queue.
   */
  readonly lowWaterBytes: number;
}

/**
 * Returns the library's hard limit for a limit of delivery. It exceeds everything that delivery
 * lets a socket buffer, so that the library, which does not report what it dropped, never drops.
 */
export function bufferLimitBytes(maxQueueBytes: number): number {
  return maxQueueBytes + 1024 * 1024;
}
