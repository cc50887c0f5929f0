import type { GatewayEvent } from '../event/gateway-event.js';

/** An event that a sink will never take, and why. */
export interface RefusedEvent {
  readonly event: GatewayEvent;
  /** One sentence, without payload or credentials. */
  readonly reason: string;
}

/** What became of a batch. */
export interface SinkReceipt {
  /** So many events from the front are settled: acknowledged by the backend, or refused for good. The rest is to be offered again. */
  readonly settled: number;
  /** Those of the settled ones that the backend refused for good, in order. */
  readonly refused: readonly RefusedEvent[];
}

/** A receipt for a batch that was taken as it is. */
export function allSettled(batch: readonly GatewayEvent[]): SinkReceipt {
  return { settled: batch.length, refused: [] };
}

/** `look`: only finds out whether a start would succeed, and makes nothing at the backend. */
export type StartPurpose = 'deliver' | 'look';

/** Where events go. The outbox owns every retry: a sink never reorders, resends or queues on its own. */
export interface EventSink {
  readonly name: string;
  /**
   * Tries to connect once. Rejects with `sink.refused` when the backend answers and says no (credentials, rights, a
   * stream of another type): the gateway does not start then. Any other rejection means that it is away; `deliver`
   * connects when it is called. What the sink needs at its backend is declared unless it only looks.
   */
  start(purpose?: StartPurpose): Promise<void>;
  /** Takes a batch in order, one at a time. A rejection means that nothing of it is known to be settled: it is offered again, whole. */
  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt>;
  /** Idempotent; what is under way is finished or given up within a bound of 5 s. */
  stop(): Promise<void>;
}
