import type { GatewayEvent } from '../../event/gateway-event.js';
import type { SinkFailure } from '../../sinks/event-sink.js';
import { backoffMs } from '../../../core/delay.js';
import type { LanePolicy } from '../../config/sink-config.js';

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

/** All that is in the way of lanes: destinations that are away, and events that are suspected. */
export class Blocks {
  readonly destinations = new Map<string, Block>();
  readonly suspects = new Set<Block>();

  readonly #destinationOf: (event: GatewayEvent) => string | undefined;

  constructor(destinationOf: (event: GatewayEvent) => string | undefined) {
    this.#destinationOf = destinationOf;
  }

  *all(): Iterable<Block> {
    yield* this.destinations.values();
    yield* this.suspects;
  }

  /** The block of the event's destination; undefined when that takes events. */
  ofDestination(event: GatewayEvent): Block | undefined {
    if (this.destinations.size === 0) return undefined;
    const destination = this.#destinationOf(event);
    return destination === undefined ? undefined : this.destinations.get(destination);
  }

  /**
   * Puts the lane behind the block of its first event's destination, or behind one that begins with
   * this failure.
   */
  begin(lane: Lane, event: GatewayEvent, at: Moment, failure: SinkFailure): void {
    this.attach(lane, this.ofDestination(event) ?? this.#create(event, at, failure));
  }

  attach(lane: Lane, block: Block): void {
    lane.block = block;
    block.lanes.add(lane);
  }

  /** A block without lanes is gone. */
  detach(lane: Lane): void {
    const { block } = lane;
    lane.block = undefined;
    if (block === undefined) return;
    block.lanes.delete(lane);
    if (block.lanes.size > 0) return;
    this.suspects.delete(block);
    if (block.destination !== undefined) this.destinations.delete(block.destination);
  }

  #create(event: GatewayEvent, at: Moment, failure: SinkFailure): Block {
    const destination = failure.blames === 'destination' ? this.#destinationOf(event) : undefined;
    const block = new Block(destination, failure, at);
    if (destination === undefined) this.suspects.add(block);
    else this.destinations.set(destination, block);
    return block;
  }
}
