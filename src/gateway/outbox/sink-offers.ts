import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import {
  DeliveryError,
  type EventSink,
  type FailedEvent,
  type RefusedEvent,
  type SinkFailure,
} from '../sinks/event-sink.js';

export interface SinkOffersOptions {
  readonly sink: EventSink;
  readonly clock: Clock;
  /** A batch that has no answer after this time makes the sink count as away. */
  readonly silentAfterMs: number;
  /** Called when that happens, with the reason. */
  readonly onSilent: (reason: string) => void;
}

/** What became of events that were offered. */
export interface Attempt {
  readonly settled: number;
  readonly refused: readonly RefusedEvent[];
  readonly failed: readonly FailedEvent[];
  /** Of the settled ones, those that the sink has acknowledged. */
  readonly taken: number;
  /** Why the first event behind the settled ones was not taken; undefined when all are settled. */
  readonly failure: SinkFailure | undefined;
}

const NONE: readonly never[] = [];

/**
 * Offers events to a sink, one batch at a time. Never rejects: whatever a sink throws is a failure
 * of that batch.
 */
export class SinkOffers {
  readonly #options: SinkOffersOptions;
  #passed = 0;
  #control: GatewayEvent | undefined;
  /** When the batch under way was offered; undefined when none is. */
  #offeredAtMs: number | undefined;
  #cancelCheck: (() => void) | undefined;
  #silence: string | undefined;

  constructor(options: SinkOffersOptions) {
    this.#options = options;
  }

  /** How many events the sink has taken. */
  get passed(): number {
    return this.#passed;
  }

  /** The event that it took last: offered again it shows whether the sink takes anything. */
  get control(): GatewayEvent | undefined {
    return this.#control;
  }

  /**
   * Why the batch under way has no answer for too long; undefined while it has not been too long.
   */
  get silence(): string | undefined {
    return this.#silence;
  }

  async offer(events: readonly GatewayEvent[]): Promise<Attempt> {
    this.#watch();
    try {
      const { settled, refused, failed = NONE, failure } = await this.#options.sink.deliver(events);
      const end = Math.min(settled, events.length);
      const taken = end - refused.length - failed.length;
      this.#passed += taken;
      if (taken === end) this.#control = events[end - 1] ?? this.#control;
      if (end === events.length) return { settled: end, refused, failed, taken, failure: undefined };
      const why = failure ?? { blames: 'attempt', reason: 'It did not acknowledge all of the batch.' };
      return { settled: end, refused, failed, taken, failure: this.#judge(why, events[end]) };
    } catch (error) {
      const blames = error instanceof DeliveryError ? error.blames : 'attempt';
      const failure = this.#judge({ blames, reason: errorMessage(error) }, events[0]);
      return { settled: 0, refused: NONE, failed: NONE, taken: 0, failure };
    } finally {
      this.#offeredAtMs = undefined;
      this.#silence = undefined;
    }
  }

  /** Watches no longer. */
  stop(): void {
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
  }

  /** A sink with one destination that fails is away, whatever it blames. */
  #judge(failure: SinkFailure, event: GatewayEvent | undefined): SinkFailure {
    const isOfOne = failure.blames === 'destination' && event !== undefined && !this.#destinationOf(event);
    return isOfOne ? { blames: 'attempt', reason: failure.reason } : failure;
  }

  #destinationOf(event: GatewayEvent): string | undefined {
    return this.#options.sink.destinationOf?.(event);
  }

  /** One timer serves many batches: it looks at the one that is under way when it fires. */
  #watch(): void {
    const { clock, silentAfterMs } = this.#options;
    this.#offeredAtMs = clock.now();
    this.#cancelCheck ??= clock.schedule(() => this.#check(), silentAfterMs);
  }

  #check(): void {
    this.#cancelCheck = undefined;
    if (this.#offeredAtMs === undefined) return;
    const { clock, silentAfterMs, sink, onSilent } = this.#options;
    const leftMs = this.#offeredAtMs + silentAfterMs - clock.now();
    if (leftMs > 0) {
      this.#cancelCheck = clock.schedule(() => this.#check(), leftMs);
      return;
    }
    const why = sink.hindrance === undefined ? '' : `: ${sink.hindrance}`;
    this.#silence = `It has not answered for ${silentAfterMs / 1000} s${why}.`;
    onSilent(this.#silence);
  }
}
