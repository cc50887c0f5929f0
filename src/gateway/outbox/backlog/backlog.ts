import type { QueueLimits } from '../../event/event-queue.js';
import type { GatewayEvent } from '../../event/gateway-event.js';
import type { DamageTotals } from '../log/log-damage.js';
import type { NewEvent, Retagging } from '../outbox.js';

/**
 * What is read of a backlog: from one sequence to another, no more than the limits but for one
 * event.
 */
export interface BacklogRange extends QueueLimits {
  readonly from: number;
  readonly through: number;
}

/** One sink's way of reading a backlog. */
export interface BacklogReader {
  /**
   * Events from `from` on, consecutive but for those that a damaged log has lost; none when all of
   * the range is lost. The range must be kept, and safe.
   */
  read(range: BacklogRange): Promise<readonly GatewayEvent[]>;
  /** Gives back what reading takes; the next read begins anew. */
  reset(): Promise<void>;
  /** As `reset`, for good: a read that is under way may reject. */
  close(): Promise<void>;
}

/** What an earlier process left. */
export interface Recovered {
  /** Sequence of the last event of earlier processes; 0 when there are none. */
  readonly events: number;
  /** For each sink the sequence that it has acknowledged; 0 when it is not named. */
  readonly cursors: ReadonlyMap<string, number>;
  /**
   * Connections that are open as far as the backlog knows: none, their close events were appended.
   */
  readonly closes: number;
}

/** Where events wait, by consecutive sequence, until every sink has acknowledged them. */
export interface Backlog extends BacklogLoad {
  /** The newest event; 0 before the first. */
  readonly lastSequence: number;
  /** Up to here sinks may be offered events. */
  readonly safeThrough: number;
  /** Events cannot be kept as they should: nothing new is to be accepted. */
  readonly isFailing: boolean;
  readonly disk: { readonly bytes: number; readonly segments: number };
  /** What of it was found damaged. */
  readonly damage: DamageTotals;
  /**
   * To be called once, before anything is pushed. `onProgress` is called when `safeThrough`,
   * `isFailing` or the load may have changed by themselves.
   */
  open(sinks: readonly string[], onProgress: () => void): Promise<Recovered>;
  /** Answers with the event's sequence. */
  push(event: NewEvent): number;
  retagged(now: Retagging): void;
  reader(): BacklogReader;
  /** Notes that a sink has acknowledged all up to and with the event of this id. */
  acknowledged(sink: string, id: string): void;
  /**
   * Counts events that a feed holds beside the order in the load; negative when it no longer does.
   */
  hold(events: number, bytes: number): void;
  /** Forgets all up to and with `sequence`. */
  release(sequence: number): void;
  /**
   * What is left stays for the next process, where that is possible: the number of events that do
   * not.
   */
  close(): Promise<number>;
}

/** What waits: in memory, and on disk. */
export interface BacklogLoad {
  readonly events: number;
  readonly bytes: number;
  readonly diskBytes: number;
}
