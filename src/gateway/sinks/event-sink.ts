import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import type { ReportLimit } from './message-limit.js';

/** An event that a sink will never take, and why. */
export interface RefusedEvent {
  readonly event: GatewayEvent;
  /** One sentence, without payload or credentials. */
  readonly reason: string;
}

/**
 * The likely cause of a failure. `sink`: the backend was not reached, or takes nothing at all; the
 * event is not to blame. `attempt`: nothing is known (no answer, a broken connection, 5xx).
 * `event`: the backend rejected what it was sent, which may be this event or everything.
 * `destination`: it rejected the event's stream, routing key or subject.
 */
export type Blame = 'sink' | 'attempt' | 'event' | 'destination';

/** The reason why events were not taken. */
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
 * The result of delivering a batch. A sink sees one batch only, so the outbox decides whether a
 * failure is the event's own: it sees whether other events pass.
 */
export interface SinkReceipt {
  /**
   * The number of events from the front that have an outcome: acknowledged unless they are listed
   * below. The rest must be offered again.
   */
  readonly settled: number;
  /**
   * Settled events that the backend can never take in its present state: they cannot be encoded, or
   * exceed a limit that it announced. In order.
   */
  readonly refused: readonly RefusedEvent[];
  /**
   * Settled events that were not taken, although events behind them may have been. In order.
   */
  readonly failed?: readonly FailedEvent[];
  /** Why the first event behind the settled ones failed. */
  readonly failure?: SinkFailure;
}

/**
 * A rejection of `deliver` that names the likely cause. Any other rejection counts as `attempt`.
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

/** The receipt for a batch that was acknowledged as a whole. */
export function allSettled(batch: readonly GatewayEvent[]): SinkReceipt {
  return { settled: batch.length, refused: [] };
}

/** `look`: tests whether a start would succeed, without creating anything at the backend. */
export type StartPurpose = 'deliver' | 'look';

/** The collaborators of a sink. */
export interface SinkDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly reportLimit: ReportLimit;
  /** The sink's position in an event's destinations. */
  readonly position: number;
}

/**
 * Delivers events to a backend. The outbox owns every retry: a sink never reorders, resends or
 * queues on its own.
 */
export interface EventSink {
  readonly name: string;
  /** The largest batch in events; the outbox decides when it is missing. */
  readonly maxBatchEvents?: number;
  /** Why the backend does not acknowledge at the moment, in its own words. */
  readonly hindrance?: string | undefined;
  /** The event's destination; undefined when all events have the same one. */
  destinationOf?(event: GatewayEvent): string | undefined;
  /**
   * Tries to connect once. Rejects with `sink.refused` when the backend answers and says no
   * (credentials, rights, a stream of another type): the gateway does not start then. Any other
   * rejection means that the backend is away; `deliver` connects later. With `deliver` as purpose,
   * creates what the sink needs at its backend (queues, streams).
   */
  start(purpose?: StartPurpose): Promise<void>;
  /**
   * Delivers a batch in order. Called with one batch at a time. A rejection means that no event of
   * it is known to be settled: the batch is offered again.
   */
  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt>;
  /** Finishes or gives up the delivery in flight within 5 s. Idempotent. */
  stop(): Promise<void>;
}
