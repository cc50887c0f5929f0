import type { SlowPolicy } from '../connection/endpoint.js';

/** What delivery has done since the start, as plain numbers that only grow. Metrics read them. */
export interface DeliveryCounters {
  /**
   * Messages handed to sockets, each receiver counted; what the library drops of them later is
   * taken off the next ones.
   */
  messagesSent: number;
  /**
   * Messages that were meant for a connection and will not reach it because too much waited, by the
   * policy that decided.
   */
  readonly dropped: Record<SlowPolicy, number>;
  /** Messages that still waited when their connection ended for another reason. */
  messagesUnsent: number;
  /** Connections closed with 1008 because they read too slowly. */
  slowClosed: number;
  /**
   * Connections cut because they did not read what stood before their close frame; once that has
   * left, cutting is the transport's.
   */
  closeIgnored: number;
  /** How often a connection left its topics because it read too slowly. */
  congestions: number;
}

/** Counters at zero. */
export function createDeliveryCounters(): DeliveryCounters {
  const dropped = { close: 0, 'drop-oldest': 0, 'drop-newest': 0 };
  return { messagesSent: 0, dropped, messagesUnsent: 0, slowClosed: 0, closeIgnored: 0, congestions: 0 };
}
