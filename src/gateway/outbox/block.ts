import type { GatewayEvent } from '../event/gateway-event.js';
import type { SinkFailure } from '../sinks/event-sink.js';
import { backoffMs } from '../../core/pause.js';
import type { LanePolicy } from '../config/sink-config.js';

/** A moment, and how many events the sink had taken by then. */
export interface Moment {
  readonly nowMs: number;
  readonly passed: number;
}

/** An event that waits, since when, and how many bytes the feed had passed by then. */
export interface WaitingEvent {
  readonly event: GatewayEvent;
  readonly sinceMs: number;
  readonly atByte: number;
}

/** Events of one connection, in order; the first is what the others wait for. */
export interface Lane {
  readonly connection: string;
  readonly events: WaitingEvent[];
  /** Undefined: nothing is in the way any more. */
  block: Block | undefined;
}

/** Tries of an event to which the backend plainly says no. Spread over seconds by the backoff. */
export const PLAIN_TRIES = 5;

/** What is in the way of lanes: one event that is suspected, or a destination that is away. */
export class Block {
  readonly lanes = new Set<Lane>();
  /** It failed the last time although others had passed since the time before. */
  isConfirmed = false;
  #tries = 0;
  #dueMs: number;
  #passed: number;

  readonly #since: Moment;

  constructor(
    /** Undefined when it is an event. */
    readonly destination: string | undefined,
    public failure: SinkFailure,
    since: Moment,
  ) {
    this.#since = since;
    this.#dueMs = since.nowMs + backoffMs(1);
    this.#passed = since.passed;
  }

  get dueMs(): number {
    return this.#dueMs;
  }

  failedAgain(failure: SinkFailure, { nowMs, passed }: Moment): void {
    this.#tries++;
    this.failure = failure;
    this.isConfirmed = passed > this.#passed;
    this.#passed = passed;
    this.postpone(nowMs);
  }

  /** Nothing was learned from the last try. */
  postpone(nowMs: number): void {
    this.#dueMs = nowMs + backoffMs(this.#tries + 1);
  }

  hurry(nowMs: number): void {
    this.#dueMs = Math.min(this.#dueMs, nowMs);
  }

  /**
   * Whether a suspected event has had its chances; whether it is given up then depends on
   * `isConfirmed`.
   */
  isRipe(nowMs: number, policy: LanePolicy): boolean {
    if (this.failure.blames !== 'attempt') return this.#tries >= PLAIN_TRIES;
    return this.#tries >= policy.suspectTries && nowMs - this.#since.nowMs >= policy.suspectAfterMs;
  }

  /** Nothing has passed since the last try that could show that the sink still takes others. */
  lacksEvidence(passed: number): boolean {
    return passed <= this.#passed;
  }
}
