import type { QueueLimits } from '../../event/event-queue.js';
import type { GatewayEvent } from '../../event/gateway-event.js';
import type { DamageTotals } from '../log/log-damage.js';
import type { NewEvent, Retagging } from '../outbox.js';

/** Size of what waits, in memory and on disk. */
export interface BacklogLoad {
  readonly events: number;
  readonly bytes: number;
  readonly diskBytes: number;
}

/** A number of events, and of their bytes, for which there is room. */
export interface Headroom {
  readonly events: number;
  readonly bytes: number;
}

/** Part of a backlog to read: one event at least, and no more than the limits. */
export interface BacklogRange extends QueueLimits {
  readonly from: number;
  readonly through: number;
}

/** One sink's reader of a backlog. */
export interface BacklogReader {
  /**
   * Reads consecutive events from `from` on, without those that a damaged log has lost; none when
   * all of the range is lost. The range must be durable and not released.
   */
  read(range: BacklogRange): Promise<readonly GatewayEvent[]>;
  /** Closes what is open; the next read opens it again. */
  reset(): Promise<void>;
  /** Closes the reader for good. A read under way may reject. */
  close(): Promise<void>;
}

/** Events and cursors that an earlier process left. */
export interface Recovered {
  /** Sequence of the last event of earlier processes; 0 when there are none. */
  readonly events: number;
  /** Sequence of the last event delivered to each sink; 0 for a sink that is not named. */
  readonly cursors: ReadonlyMap<string, number>;
  /** Number of connections that an earlier process had open. Their close events were appended. */
  readonly closes: number;
}

/**
 * Keeps events, by consecutive sequence, from `append` until every sink has let go of them. An
 * event is appended, then durable, then delivered (once for each sink), then released.
 */
export interface Backlog extends BacklogLoad {
  /** Sequence of the newest event; 0 before the first. */
  readonly appendedThrough: number;
  /** Sequence of the last event that sinks may be offered. */
  readonly durableThrough: number;
  /** True while events cannot be kept as configured: no new ones are to be accepted. */
  readonly isFailing: boolean;
  readonly disk: { readonly bytes: number; readonly segments: number };
  /** Damage found in the log. */
  readonly damage: DamageTotals;
  /**
   * Must be called once, before the first `append`. `onProgress` is called when `durableThrough`,
   * `isFailing` or the load may have changed on their own.
   */
  open(sinks: readonly string[], onProgress: () => void): Promise<Recovered>;
  /** Returns the event's sequence. */
  append(event: NewEvent): number;
  retagged(now: Retagging): void;
  /** Forgets an open connection, which gets no close event. */
  disown(connection: string): void;
  reader(): BacklogReader;
  /** Notes that all up to and with the event of this id is delivered to a sink. */
  delivered(sink: string, id: string): void;
  /** Adds events in lanes to the load, or (negative) removes them. */
  setAside(events: number, bytes: number): void;
  /** Drops all up to and with `sequence`. */
  release(sequence: number): void;
  /**
   * Keeps what is left for the next process where that is possible. Resolves to the number of
   * events that are lost.
   */
  close(): Promise<number>;
}
