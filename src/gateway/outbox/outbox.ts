import type { GatewayEvent } from '../event/gateway-event.js';

/** What a connection hands over; the outbox gives id and sequence. */
export type NewEvent = Omit<GatewayEvent, 'id' | 'sequence'>;

/** What stands between events and sinks, as numbers for metrics and `/readyz`. */
export interface OutboxState {
  readonly events: number;
  readonly bytes: number;
  readonly maxBytes: number;
  /** `Outbox.isFull` at this moment. */
  readonly full: boolean;
  /** For each sink the events that wait for its acknowledgement. */
  readonly lagging: ReadonlyMap<string, number>;
}

/** Between event and sink: ordered, bounded in bytes and events, one cursor for each sink. */
export interface Outbox {
  /** Its sequence, or 0: at the bound, the event was not accepted and must be counted as refused. Open and close events have a reserve of their own. */
  append(event: NewEvent): number;
  /** True near the bound, with hysteresis: upgrades are answered 503 and clients are paused where that is possible. */
  readonly isFull: boolean;
  state(): OutboxState;
  /** Called when `isFull` changes. */
  onFullChange(listener: (full: boolean) => void): void;
  start(): Promise<void>;
  /** Delivers what is left within `timeoutMs`, then stops the sinks. Resolves to the number of events left over. */
  stop(timeoutMs: number): Promise<number>;
}
