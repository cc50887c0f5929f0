import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import type { TellLimit } from './message-limit.js';

/** An event that a sink will never take, and why. */
export interface RefusedEvent {
  readonly event: GatewayEvent;
  /** One sentence, without payload or credentials. */
  readonly reason: string;
}

/**
 * What a failure says of the event that it met. `sink`: nothing, the backend was not reached or
 * takes nothing at all. `attempt`: nothing is known (no answer, a broken connection, 5xx). `event`:
 * the backend said no to what it was sent, which may be this event or everything. `destination`: it
 * said no to the event's stream, routing key or subject.
 */
export type Blame = 'sink' | 'attempt' | 'event' | 'destination';

/** Why events are not taken. */
export interface SinkFailure {
  readonly blames: Blame;
  /** One sentence, without payload or credentials. */
  readonly reason: string;
}

/** An event that was not taken while others of its batch may have been. */
export interface FailedEvent {
  readonly event: GatewayEvent;
  readonly failure: SinkFailure;
}

/**
 * What became of a batch. Whether a failure is the event's own is not for a sink to decide: it sees
 * one batch, the outbox sees whether others pass.
 */
export interface SinkReceipt {
  /**
   * So many events from the front have an outcome: acknowledged unless they are named below. The
   * rest is to be offered again.
   */
  readonly settled: number;
  /**
   * Those of the settled ones that no backend in this state can take: they cannot be encoded, or
   * exceed a limit that it announced. In order.
   */
  readonly refused: readonly RefusedEvent[];
  /**
   * Those of the settled ones that were not taken though events behind them may have been. In
   * order.
   */
  readonly failed?: readonly FailedEvent[];
  /** Why not all are settled: of the first event behind them. */
  readonly failure?: SinkFailure;
}

/**
 * A rejection of `deliver` that says more than that nothing is settled. Any other is an `attempt`.
 */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';

  constructor(
    readonly blames: Blame,
    reason: string,
    cause?: unknown,
  ) {
    super(reason, { cause });
  }
}

/** A receipt for a batch that was taken as it is. */
export function allSettled(batch: readonly GatewayEvent[]): SinkReceipt {
  return { settled: batch.length, refused: [] };
}

/** `look`: only finds out whether a start would succeed, and makes nothing at the backend. */
export type StartPurpose = 'deliver' | 'look';

/** What a sink works with. */
export interface SinkDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly tellLimit: TellLimit;
  /** The sink's position in an event's destinations. */
  readonly position: number;
}

/**
 * Where events go. The outbox owns every retry: a sink never reorders, resends or queues on its
 * own.
 */
export interface EventSink {
  readonly name: string;
  /** The most events that it takes at once; as many as the outbox likes when it is missing. */
  readonly maxBatchEvents?: number;
  /** What keeps the backend from acknowledging at this moment, as it said itself. */
  readonly hindrance?: string | undefined;
  /** Where the event goes, when that differs between events; undefined when all go to one place. */
  destinationOf?(event: GatewayEvent): string | undefined;
  /**
   * Tries to connect once. Rejects with `sink.refused` when the backend answers and says no
   * (credentials, rights, a stream of another type): the gateway does not start then. Any other
   * rejection means that it is away; `deliver` connects when it is called. What the sink needs at
   * its backend is declared unless it only looks.
   */
  start(purpose?: StartPurpose): Promise<void>;
  /**
   * Takes a batch in order, one at a time. A rejection means that nothing of it is known to be
   * settled: it is offered again.
   */
  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt>;
  /** Idempotent; what is under way is finished or given up within a bound of 5 s. */
  stop(): Promise<void>;
}
