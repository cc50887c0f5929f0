import type { GatewayEvent } from '../event/gateway-event.js';

/** Where events go. The outbox owns every retry: a sink never reorders, resends or queues on its own. */
export interface EventSink {
  readonly name: string;
  start(): Promise<void>;
  /** Takes a batch in order; resolves to the sequence through which all is acknowledged. A rejection means none after the last acknowledged one is. */
  deliver(batch: readonly GatewayEvent[]): Promise<number>;
  /** Idempotent; what is under way is finished or given up within a bound of 5 s. */
  stop(): Promise<void>;
}
