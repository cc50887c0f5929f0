import type { GatewayEvent } from '../event/gateway-event.js';

/**
 * Holds events back: no sink is offered the event with the sequence `heldFrom()`, nor a later one.
 * An event can be held only in the tick in which `Outbox.append` returned its sequence; events are
 * offered after that tick.
 */
export interface EventGate {
  /** The lowest sequence that is held, or Infinity. Called before each batch: must be cheap. */
  heldFrom(): number;
  /** Sets the one listener, the outbox's, which is called when `heldFrom` has risen. */
  onHoldLifted(listener: () => void): void;
}

/**
 * Answer of `Outbox.append`: there is no room now, or the connection's share of the bound is used
 * up.
 */
export const DOES_NOT_FIT = 0;
/**
 * Answer of `Outbox.append`: the event is larger than the bound or than a connection's share, and
 * so is accepted only while nothing else waits.
 */
export const NEVER_FITS = -1;

/** An event without id and sequence, which the outbox assigns. */
export type NewEvent = Omit<GatewayEvent, 'id' | 'sequence' | 'placeId'> & {
  /** Id that a lost node gave it, which it keeps; only for events without message. */
  readonly originalId?: string | undefined;
};

/** Content of the close event that an open connection would have now. */
export type Retagging = Pick<NewEvent, 'connection' | 'tags' | 'destinations'>;

/** State of one sink, for metrics and `/readyz`. */
export interface SinkState {
  readonly name: string;
  readonly required: boolean;
  /** `away`: the last attempt failed, the next one follows after a pause. */
  readonly status: 'up' | 'away';
  /** Reason for the status `away`, as the sink gave it; undefined while it is up. */
  readonly reason: string | undefined;
  /** Number of events that are not delivered yet. */
  readonly waiting: number;
  /**
   * Age of the oldest of them; 0 when none waits. Events of an earlier process count from this
   * start. Precise to about 100 ms, coarser after hours.
   */
  readonly oldestMs: number;
  /**
   * Waiting events that others pass: behind an event that fails alone, or for an unavailable
   * destination.
   */
  readonly aside: { readonly events: number; readonly destinations: number; readonly reason: string | undefined };
  /**
   * Id of the only event that waits, once it has had all its attempts: no other event shows whether
   * the sink is working.
   */
  readonly unjudged: string | undefined;
  /** Number of events since the start that it refused for good: they are in its dead letters. */
  readonly refused: number;
  /**
   * Content of its dead-letter files, including that of earlier processes, and the number of
   * letters dropped at their bound since the start.
   */
  readonly letters: { readonly letters: number; readonly bytes: number; readonly dropped: number };
  /** Number of events that it will not get: it is not required and was unavailable for too long. */
  readonly missed: number;
}

/** State of the outbox, for metrics and `/readyz`. */
export interface OutboxState {
  /** Number of events that some sink still has to get. */
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
  /** Number of times that a connection sent more while its share of the bound was used up. */
  readonly sharesReached: number;
  /** `Outbox.isFull` at this moment. */
  readonly full: boolean;
  /** Damage found in the log, and skipped, since the start; 0 without a log. */
  readonly damage: { readonly places: number; readonly bytes: number; readonly events: number };
  readonly sinks: readonly SinkState[];
}

/** Room for messages that are not accepted yet: their clients are paused. */
export interface HeldRoom {
  /** Books the bytes; false when there is no room for them. */
  hold(bytes: number): boolean;
  /** Gives back what `hold` booked. */
  letGo(bytes: number): void;
}

/**
 * Keeps events in order between connections and sinks, bounded in events and bytes. An event is
 * appended, then durable, then delivered (to each sink on its own), then released.
 */
export interface Outbox {
  /**
   * Returns the event's sequence, or `DOES_NOT_FIT` or `NEVER_FITS` when it is not accepted. Open
   * and close events have a reserve.
   */
  append(event: NewEvent): number;
  /** Books messages that wait outside until they fit. */
  readonly heldRoom: HeldRoom;
  /**
   * Notes the content of a connection's close event, for the next process in case this one is
   * killed. Costs nothing without a log.
   */
  retagged(now: Retagging): void;
  /**
   * True near the bound, with hysteresis: upgrades are answered with 503, and clients are paused
   * where the transport can.
   */
  readonly isFull: boolean;
  /**
   * All up to and with this sequence is delivered to every required sink (to every sink when none
   * is required).
   */
  readonly deliveredThrough: number;
  state(): OutboxState;
  /** Adds a listener that is called when `isFull` changes. */
  onFullChange(listener: (full: boolean) => void): void;
  /** Adds a listener that is called after events were released: what was refused may fit now. */
  onRoom(listener: () => void): void;
  /** Adds a listener that is called when `deliveredThrough` has risen. */
  onDelivered(listener: (through: number) => void): void;
  /**
   * Recovers what an earlier process left. Rejects with `outbox.unusable` or `sink.refused`; an
   * unavailable sink is not an error.
   */
  start(): Promise<void>;
  /**
   * Delivers what is left within `timeoutMs`, then stops the sinks. Resolves to the number of
   * events that are lost.
   */
  stop(timeoutMs: number): Promise<number>;
}
