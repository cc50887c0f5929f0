import type { GatewayEvent } from '../event/gateway-event.js';

/**
 * Holds events back: no sink is offered the event with the sequence `heldFrom()`, nor a later one.
 * Whoever wants to hold an event says so in the tick in which `Outbox.append` returned its
 * sequence: events are offered after that tick.
 */
export interface EventGate {
  /**
   * The lowest sequence that is held, or Infinity. Asked before each batch, so it must be cheap.
   */
  heldFrom(): number;
  /** The outbox gives the one listener, which is to be called when `heldFrom` has risen. */
  onHoldLifted(listener: () => void): void;
}

/**
 * `Outbox.append`: there is no room for it now, or its connection has its share of the bound
 * waiting.
 */
export const DOES_NOT_FIT = 0;
/**
 * `Outbox.append`: it is larger than the bound or than one connection's share, and so is taken only
 * while nothing else waits.
 */
export const NEVER_FITS = -1;

/** What a connection hands over; the outbox gives id and sequence. */
export type NewEvent = Omit<GatewayEvent, 'id' | 'sequence'>;

/** What the close event of an open connection would say now. */
export type Retagging = Pick<NewEvent, 'connection' | 'tags' | 'destinations'>;

/** One sink as the outbox sees it. */
export interface SinkState {
  readonly name: string;
  readonly required: boolean;
  /** `away`: the last attempt failed, the next follows after a pause. */
  readonly status: 'up' | 'away';
  /** Why it is away, as the sink said it; undefined while it is up. */
  readonly reason: string | undefined;
  /** Events that wait for its acknowledgement. */
  readonly waiting: number;
  /**
   * How long the oldest of them waits, counted from this start for those of an earlier one; 0 when
   * none waits. Right to about 100 ms, coarser after hours.
   */
  readonly oldestMs: number;
  /**
   * Of the waiting ones those that others pass: behind an event that fails alone, or for a
   * destination that is away.
   */
  readonly aside: { readonly events: number; readonly destinations: number; readonly reason: string | undefined };
  /**
   * Id of the only event that waits, when that has failed for as long as would give it up if others
   * passed.
   */
  readonly unjudged: string | undefined;
  /** Events that it refused for good since the start: they are in its dead-letter file. */
  readonly refused: number;
  /**
   * What its dead-letter files hold, whoever wrote them, and how many letters were dropped at their
   * bound since the start.
   */
  readonly letters: { readonly letters: number; readonly bytes: number; readonly dropped: number };
  /** Events that it will not get, as it is not required and was away for too long. */
  readonly missed: number;
}

/** What stands between events and sinks, as numbers for metrics and `/readyz`. */
export interface OutboxState {
  /** Events that a sink still waits for. */
  readonly events: number;
  /** Bytes of events in memory. */
  readonly bytes: number;
  readonly maxBytes: number;
  /** Bytes and files of the log; 0 without one. */
  readonly diskBytes: number;
  readonly diskSegments: number;
  /** Bound on `diskBytes`; 0 without a log. */
  readonly maxDiskBytes: number;
  /** Bytes of messages that are not accepted yet: their clients are paused. */
  readonly heldBytes: number;
  /** How often a connection had its share of the bound waiting when it sent more. */
  readonly sharesReached: number;
  /** `Outbox.isFull` at this moment. */
  readonly full: boolean;
  /** What of the log was found damaged since the start, and passed over; 0 without a log. */
  readonly damage: { readonly places: number; readonly bytes: number; readonly events: number };
  readonly sinks: readonly SinkState[];
}

/** Room for messages that are not accepted yet: their clients are paused. */
export interface HeldRoom {
  /** False: there is no room for so many bytes. */
  hold(bytes: number): boolean;
  /** Gives back what `hold` took. */
  letGo(bytes: number): void;
}

/** Between event and sink: ordered, bounded in bytes and events, one cursor for each sink. */
export interface Outbox {
  /**
   * Its sequence; `DOES_NOT_FIT` or `NEVER_FITS` when it was not accepted. Open and close events
   * have a reserve of their own.
   */
  append(event: NewEvent): number;
  /** Where messages are booked that wait outside until they fit. */
  readonly heldRoom: HeldRoom;
  /**
   * Notes what the close event of an open connection would say now, for the case that this process
   * is killed. Costs nothing without a log.
   */
  retagged(now: Retagging): void;
  /**
   * True near the bound, with hysteresis: upgrades are answered 503 and clients are paused where
   * that is possible.
   */
  readonly isFull: boolean;
  /**
   * All up to and with this sequence is acknowledged by every required sink (by every sink when
   * none is required).
   */
  readonly deliveredThrough: number;
  state(): OutboxState;
  /** Called when `isFull` changes. */
  onFullChange(listener: (full: boolean) => void): void;
  /** Called when events have been let go: what was refused may fit now. */
  onRoom(listener: () => void): void;
  /** Called when `deliveredThrough` has risen. */
  onDelivered(listener: (through: number) => void): void;
  /**
   * Recovers what an earlier process left. Rejects with `outbox.unusable` or `sink.refused`; a sink
   * that is merely away is no error.
   */
  start(): Promise<void>;
  /**
   * Delivers what is left within `timeoutMs`, then stops the sinks. Resolves to the number of
   * events left over.
   */
  stop(timeoutMs: number): Promise<number>;
}
