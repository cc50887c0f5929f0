import type { SlowPolicy } from '../connection/endpoint.js';

/** Counters of delivery since the start; they only grow. Metrics read them. */
export interface DeliveryCounters {
  /**
   * Messages passed to sockets, counted per receiver. Messages that the library drops later are
   * deducted from the next ones.
   */
  messagesSent: number;
  /** Messages that were dropped because too much was queued, by policy. */
  readonly dropped: Record<SlowPolicy, number>;
  /** Messages still queued when their connection closed for another reason. */
  messagesUnsent: number;
  /** Connections closed for `slow_client`. */
  slowClosed: number;
  /**
   * Connections cut because they did not read what came before their close frame. Once it is
   * written, the transport cuts.
   */
  closeIgnored: number;
  /** Number of times that a connection left its topics because it read too slowly. */
  congestions: number;
}

/** Counters at zero. */
export function createDeliveryCounters(): DeliveryCounters {
  const dropped = { close: 0, 'drop-oldest': 0, 'drop-newest': 0 };
  return { messagesSent: 0, dropped, messagesUnsent: 0, slowClosed: 0, closeIgnored: 0, congestions: 0 };
}
