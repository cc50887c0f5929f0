import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import {
  DeliveryError,
  type EventSink,
  type FailedEvent,
  type RefusedEvent,
  type SinkFailure,
} from '../sinks/event-sink.js';

export interface MonitoredSinkOptions {
  readonly sink: EventSink;
  readonly clock: Clock;
  /** A batch without an answer after this time makes the sink count as unavailable. */
  readonly silentAfterMs: number;
  /** Number of events that wait for the sink, for the log. */
  readonly waiting: () => number;
  readonly log: Logger;
}

/** Outcome of offering some events. */
export interface Attempt {
  /** Number of events, from the front, that have an outcome. */
  readonly settled: number;
  readonly refused: readonly RefusedEvent[];
  readonly failed: readonly FailedEvent[];
  /** Number of settled events that the sink has acknowledged. */
  readonly delivered: number;
  /** Failure of the first event behind the settled ones; undefined when all are settled. */
  readonly failure: SinkFailure | undefined;
}

const NONE: readonly never[] = [];

/**
 * A sink whose answers are watched: offers it one batch at a time, and knows whether it is
 * available. `offer` never rejects: an error of the sink is a failure of that batch.
 */
export class MonitoredSink {
  readonly #options: MonitoredSinkOptions;
  #isReady = false;
  #failures = 0;
  #failureReason = 'It has not answered yet.';
  #delivered = 0;
  #lastDelivered: GatewayEvent | undefined;
  /** Time of the offer that has no answer yet. */
  #offeredAtMs: number | undefined;
  #cancelCheck: (() => void) | undefined;
  #silence: string | undefined;

  constructor(options: MonitoredSinkOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.sink.name;
  }

  /** True once `start` has settled. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** `away`: the last attempt failed, or the current one has no answer for too long. */
  get status(): 'up' | 'away' {
    return !this.#isReady || this.#failures > 0 || this.#silence !== undefined ? 'away' : 'up';
  }

  /** Reason for the status `away`; undefined while the sink is up. */
  get reason(): string | undefined {
    return this.status === 'up' ? undefined : (this.#silence ?? this.#failureReason);
  }

  /** Number of failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Number of events that the sink has acknowledged. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Last event that the sink acknowledged: offered again, it shows whether the sink is working. */
  get lastDelivered(): GatewayEvent | undefined {
    return this.#lastDelivered;
  }

  /** Destination of an event; undefined when the sink has only one. */
  destinationOf(event: GatewayEvent): string | undefined {
    return this.#options.sink.destinationOf?.(event);
  }

  /** Tries to connect once. Rejects with `sink.refused`; an unavailable sink is not an error. */
  async start(): Promise<void> {
    try {
      await this.#options.sink.start();
    } catch (error) {
      this.failed('sink.away', errorMessage(error));
      // When nothing waits for this start any more, the sink is tried again like an unavailable
      // one.
      if (error instanceof WsgError && error.code === 'sink.refused') throw error;
    } finally {
      this.#isReady = true;
    }
  }

  async offer(events: readonly GatewayEvent[]): Promise<Attempt> {
    this.#watch();
    try {
      const { settled, refused, failed = NONE, failure } = await this.#options.sink.deliver(events);
      const end = Math.min(settled, events.length);
      const delivered = end - refused.length - failed.length;
      this.#delivered += delivered;
      if (delivered === end) this.#lastDelivered = events[end - 1] ?? this.#lastDelivered;
      if (end === events.length) return { settled: end, refused, failed, delivered, failure: undefined };
      const cause = failure ?? { blames: 'attempt', reason: 'It did not acknowledge all of the batch.' };
      return { settled: end, refused, failed, delivered, failure: this.#judge(cause, events[end]) };
    } catch (error) {
      const blames = error instanceof DeliveryError ? error.blames : 'attempt';
      const failure = this.#judge({ blames, reason: errorMessage(error) }, events[0]);
      return { settled: 0, refused: NONE, failed: NONE, delivered: 0, failure };
    } finally {
      this.#offeredAtMs = undefined;
      this.#silence = undefined;
    }
  }

  /** Ends a row of failures. */
  succeeded(): void {
    if (this.#failures > 0) this.#options.log.info('sink.back', { sink: this.name, failures: this.#failures });
    this.#failures = 0;
  }

  /** Counts a failure; the first in a row is logged as `event`. */
  failed(event: string, reason: string): void {
    this.#failures++;
    this.#failureReason = reason;
    if (this.#failures === 1) this.#warn(event, reason);
  }

  /** Ends the watch for missing answers. */
  stop(): void {
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
  }

  /** Makes a failed destination a failed attempt when the sink has no other destination. */
  #judge(failure: SinkFailure, event: GatewayEvent | undefined): SinkFailure {
    const isOnlyOne = failure.blames === 'destination' && event !== undefined && !this.destinationOf(event);
    return isOnlyOne ? { blames: 'attempt', reason: failure.reason } : failure;
  }

  /** Starts a timer for missing answers. One timer serves many batches. */
  #watch(): void {
    const { clock, silentAfterMs } = this.#options;
    this.#offeredAtMs = clock.now();
    this.#cancelCheck ??= clock.schedule(() => this.#check(), silentAfterMs);
  }

  #check(): void {
    this.#cancelCheck = undefined;
    if (this.#offeredAtMs === undefined) return;
    const { clock, silentAfterMs, sink } = this.#options;
    const leftMs = this.#offeredAtMs + silentAfterMs - clock.now();
    if (leftMs > 0) {
      this.#cancelCheck = clock.schedule(() => this.#check(), leftMs);
      return;
    }
    const hindrance = sink.hindrance === undefined ? '' : `: ${sink.hindrance}`;
    this.#silence = `It has not answered for ${silentAfterMs / 1000} s${hindrance}.`;
    this.#warn('sink.away', this.#silence);
  }

  #warn(event: string, reason: string): void {
    this.#options.log.warn(event, { sink: this.name, reason, waiting: this.#options.waiting() });
  }
}
