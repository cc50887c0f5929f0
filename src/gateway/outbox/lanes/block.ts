import type { GatewayEvent } from '../../event/gateway-event.js';
import type { SinkFailure } from '../../sinks/event-sink.js';
import { backoffMs } from '../../../core/delay.js';
import type { LanePolicy } from '../../config/outbox-config.js';

/** A moment, and the number of events that the sink had acknowledged by then. */
export interface Moment {
  readonly nowMs: number;
  readonly delivered: number;
}

/** An event in a lane, with the cursor's position in bytes when it came there. */
export interface WaitingEvent {
  readonly event: GatewayEvent;
  readonly sinceMs: number;
  readonly atByte: number;
}

/** Waiting events of one connection, in order; the first one holds up the others. */
export interface Lane {
  readonly connection: string;
  readonly events: WaitingEvent[];
  /** Cause of the wait; undefined when it is gone. */
  block: Block | undefined;
}

/**
 * Attempts with an event that the backend plainly rejects. The backoff spreads them over seconds.
 */
export const PLAIN_TRIES = 5;

/** Cause why lanes wait: one suspected event, or an unavailable destination. */
export class Block {
  readonly lanes = new Set<Lane>();
  /**
   * True when the last attempt failed although other events were delivered since the one before.
   */
  isConfirmed = false;
  #tries = 0;
  #dueMs: number;
  #delivered: number;

  readonly #since: Moment;

  constructor(
    /** Undefined for a suspected event. */
    readonly destination: string | undefined,
    public failure: SinkFailure,
    since: Moment,
  ) {
    this.#since = since;
    this.#dueMs = since.nowMs + backoffMs(1);
    this.#delivered = since.delivered;
  }

  get dueMs(): number {
    return this.#dueMs;
  }

  failedAgain(failure: SinkFailure, { nowMs, delivered }: Moment): void {
    this.#tries++;
    this.failure = failure;
    this.isConfirmed = delivered > this.#delivered;
    this.#delivered = delivered;
    this.postpone(nowMs);
  }

  /** Sets the next attempt after one that showed nothing. */
  postpone(nowMs: number): void {
    this.#dueMs = nowMs + backoffMs(this.#tries + 1);
  }

  hurry(nowMs: number): void {
    this.#dueMs = Math.min(this.#dueMs, nowMs);
  }

  /** True when a suspected event has had its attempts. It is given up if `isConfirmed` as well. */
  isRipe(nowMs: number, policy: LanePolicy): boolean {
    if (this.failure.blames !== 'attempt') return this.#tries >= PLAIN_TRIES;
    return this.#tries >= policy.suspectTries && nowMs - this.#since.nowMs >= policy.suspectAfterMs;
  }

  /** True when no delivery since the last attempt shows that the sink still takes other events. */
  lacksEvidence(delivered: number): boolean {
    return delivered <= this.#delivered;
  }
}

/** All causes why lanes wait: unavailable destinations and suspected events. */
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

  /** Block of the event's destination; undefined when that is available. */
  ofDestination(event: GatewayEvent): Block | undefined {
    if (this.destinations.size === 0) return undefined;
    const destination = this.#destinationOf(event);
    return destination === undefined ? undefined : this.destinations.get(destination);
  }

  /**
   * Blocks the lane: on the destination of its first event if that is blocked, else on `failure`.
   */
  begin(lane: Lane, event: GatewayEvent, at: Moment, failure: SinkFailure): void {
    this.attach(lane, this.ofDestination(event) ?? this.#create(event, at, failure));
  }

  attach(lane: Lane, block: Block): void {
    lane.block = block;
    block.lanes.add(lane);
  }

  /** Unblocks the lane. A block without lanes is removed. */
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
