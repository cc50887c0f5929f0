import type { QueueLimits } from '../../event/event-queue.js';
import { eventBytes, type GatewayEvent } from '../../event/gateway-event.js';
import type { RefusedEvent, SinkFailure } from '../../sinks/event-sink.js';
import { Blocks, type Block, type Lane, type Moment } from './block.js';
import type { LanePolicy } from '../../config/outbox-config.js';
import type { LaneLimits } from '../outbox-bound.js';

export interface LaneQueueOptions {
  readonly policy: LanePolicy;
  readonly limits: LaneLimits;
  readonly destinationOf: (event: GatewayEvent) => string | undefined;
  /** Counts events, and their bytes, that came into a lane or (negative) left it. */
  readonly onAside: (events: number, bytes: number) => void;
}

/** The next offer out of turn. `unblocked`: nothing holds up these events any more. */
export interface LaneTrial {
  readonly kind: 'unblocked' | 'destinations' | 'suspect';
  readonly events: readonly GatewayEvent[];
  /**
   * True when the suspect is given up if it fails now: another event must be delivered just before.
   */
  readonly needsControl: boolean;
}

/**
 * Events that wait out of turn, a lane for each connection: behind a suspected event of their
 * connection, or for an unavailable destination.
 */
export class LaneQueue {
  readonly #options: LaneQueueOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #blocks: Blocks;
  readonly #ready = new Set<Lane>();
  /** Most events of the next unblocked trial: smaller after a failure. */
  #unblockedSize = Infinity;
  #events = 0;
  #bytes = 0;
  #atByte = 0;

  constructor(options: LaneQueueOptions) {
    this.#options = options;
    this.#blocks = new Blocks(options.destinationOf);
  }

  get events(): number {
    return this.#events;
  }

  get destinationsAway(): number {
    return this.#blocks.destinations.size;
  }

  /** Reason why the oldest event waits. */
  get reason(): string | undefined {
    return this.#oldestLane()?.block?.failure.reason;
  }

  /** Infinity when no event waits. */
  get oldestSequence(): number {
    return this.#oldestLane()?.events[0]?.event.sequence ?? Infinity;
  }

  /** Time of the next trial; Infinity when none is planned. */
  get nextDueMs(): number {
    if (this.#ready.size > 0) return 0;
    let due = Infinity;
    for (const block of this.#blocks.all()) due = Math.min(due, block.dueMs);
    return due;
  }

  get isOverLimits(): boolean {
    const { maxEvents, maxBytes, maxSpanBytes } = this.#options.limits;
    if (this.#events === 0) return false;
    if (this.#events > maxEvents || this.#bytes > maxBytes) return true;
    const oldest = this.#oldestLane()?.events[0]?.atByte ?? this.#atByte;
    return maxSpanBytes < Infinity && this.#atByte - oldest > maxSpanBytes;
  }

  /** True when the event must wait here: behind one of its connection, or for its destination. */
  holds(event: GatewayEvent): boolean {
    if (this.#events === 0) return false;
    return this.#lanes.has(event.connection) || this.#blocks.ofDestination(event) !== undefined;
  }

  /** Notes that the cursor has moved over events of this size. */
  passedBytes(bytes: number): void {
    this.#atByte += bytes;
  }

  /** Puts an event behind those of its connection. `failure` blocks a lane that is new. */
  add(event: GatewayEvent, at: Moment, failure?: SinkFailure): void {
    const lane = this.#lanes.get(event.connection) ?? this.#openLane(event, at, failure);
    lane.events.push({ event, sinceMs: at.nowMs, atByte: this.#atByte });
    this.#count(1, event);
  }

  /** The trial that is due now; undefined when none is. */
  next({ nowMs, delivered }: Moment, limits: QueueLimits): LaneTrial | undefined {
    const unblocked = this.#unblocked(limits);
    if (unblocked.length > 0) return { kind: 'unblocked', events: unblocked, needsControl: false };
    const probes = this.#dueFronts(nowMs).slice(0, limits.maxEvents);
    if (probes.length > 0) return { kind: 'destinations', events: probes, needsControl: false };
    for (const block of this.#blocks.suspects) {
      const event = block.dueMs <= nowMs ? frontOf(block) : undefined;
      if (event === undefined) continue;
      const needsControl = block.isRipe(nowMs, this.#options.policy) && block.lacksEvidence(delivered);
      return { kind: 'suspect', events: [event], needsControl };
    }
    return undefined;
  }

  /**
   * Removes an event that was delivered or given up. The next one of its connection may follow; a
   * delivery unblocks the destination too.
   */
  done(event: GatewayEvent, isDelivered: boolean): void {
    const lane = this.#lanes.get(event.connection);
    if (lane === undefined || lane.events[0]?.event !== event) return;
    lane.events.shift();
    this.#count(-1, event);
    if (isDelivered) this.#unblockedSize *= 2;
    if (isDelivered && lane.block?.destination !== undefined) this.#unblockAll(lane.block);
    const [next] = lane.events;
    if (next === undefined) this.#close(lane);
    else if (!this.#isStillBlocked(lane, next.event)) this.#unblock(lane);
  }

  failedAgain(event: GatewayEvent, failure: SinkFailure, at: Moment): void {
    const lane = this.#lanes.get(event.connection);
    if (lane === undefined) return;
    if (lane.block === undefined) {
      this.#ready.delete(lane);
      this.#blocks.begin(lane, event, at, failure);
      return;
    }
    lane.block.failedAgain(failure, at);
    // The next probe of the destination is an event of another connection.
    lane.block.lanes.delete(lane);
    lane.block.lanes.add(lane);
  }

  /** Makes the next unblocked trial one event: one of several failed, and which one is unknown. */
  tryFewer(): void {
    this.#unblockedSize = 1;
  }

  /** Postpones trials that showed nothing, because the sink was unavailable. */
  postpone(events: readonly GatewayEvent[], nowMs: number): void {
    for (const { connection } of events) this.#lanes.get(connection)?.block?.postpone(nowMs);
  }

  /** Makes all trials due. */
  hurry(nowMs: number): void {
    for (const block of this.#blocks.all()) block.hurry(nowMs);
  }

  /** Makes the trial due that the oldest event waits for. */
  hurryOldest(nowMs: number): void {
    this.#oldestLane()?.block?.hurry(nowMs);
  }

  /**
   * The next event to give up, with the reason; undefined when there is none. It stays here until
   * `done`.
   */
  givenUp(nowMs: number): RefusedEvent | undefined {
    for (const block of this.#blocks.suspects) {
      if (block.isConfirmed && block.isRipe(nowMs, this.#options.policy)) return letterOf(block);
    }
    for (const block of this.#blocks.destinations.values()) {
      if (block.isConfirmed && this.#hasWaitedOut(block, nowMs)) return letterOf(block);
    }
    return this.isOverLimits ? this.#oldestGivenUp() : undefined;
  }

  /** Drops all events before `sequence` and returns their number. */
  dropBefore(sequence: number): number {
    let dropped = 0;
    for (const lane of this.#lanes.values()) {
      for (let first = lane.events[0]; first !== undefined && first.event.sequence < sequence; first = lane.events[0]) {
        this.done(first.event, false);
        dropped++;
      }
    }
    return dropped;
  }

  #unblocked({ maxEvents, maxBytes }: QueueLimits): GatewayEvent[] {
    const events: GatewayEvent[] = [];
    const most = Math.min(maxEvents, this.#unblockedSize);
    let bytes = 0;
    for (const lane of this.#ready) {
      const [first] = lane.events;
      const block = first === undefined ? undefined : this.#blocks.ofDestination(first.event);
      if (block !== undefined) {
        this.#ready.delete(lane);
        this.#blocks.attach(lane, block);
        continue;
      }
      for (const { event } of lane.events) {
        bytes += eventBytes(event);
        if (events.length > 0 && (events.length >= most || bytes > maxBytes)) return events;
        if (this.#blocks.ofDestination(event) !== undefined) break;
        events.push(event);
      }
    }
    return events;
  }

  #openLane(event: GatewayEvent, at: Moment, failure: SinkFailure | undefined): Lane {
    const lane: Lane = { connection: event.connection, events: [], block: undefined };
    this.#lanes.set(event.connection, lane);
    this.#blocks.begin(lane, event, at, failure ?? UNKNOWN);
    return lane;
  }

  /** Makes the lane ready: its next event may go, unless its destination is blocked. */
  #unblock(lane: Lane): void {
    this.#blocks.detach(lane);
    this.#ready.add(lane);
  }

  #unblockAll({ lanes }: Block): void {
    for (const lane of Array.from(lanes)) this.#unblock(lane);
  }

  #isStillBlocked({ block }: Lane, next: GatewayEvent): boolean {
    return block?.destination !== undefined && block.destination === this.#options.destinationOf(next);
  }

  #close(lane: Lane): void {
    this.#blocks.detach(lane);
    this.#ready.delete(lane);
    this.#lanes.delete(lane.connection);
  }

  /** One event for each destination whose trial is due. */
  #dueFronts(nowMs: number): GatewayEvent[] {
    const fronts: GatewayEvent[] = [];
    for (const block of this.#blocks.destinations.values()) {
      const event = block.dueMs <= nowMs ? frontOf(block) : undefined;
      if (event !== undefined) fronts.push(event);
    }
    return fronts;
  }

  #hasWaitedOut(block: Block, nowMs: number): boolean {
    const since = oldestOf(block.lanes)?.events[0]?.sinceMs ?? nowMs;
    return nowMs - since >= this.#options.policy.destinationWaitMs;
  }

  #oldestGivenUp(): RefusedEvent | undefined {
    const block = this.#oldestLane()?.block;
    return block?.isConfirmed === true ? letterOf(block) : undefined;
  }

  #oldestLane(): Lane | undefined {
    return oldestOf(this.#lanes.values());
  }

  #count(by: 1 | -1, event: GatewayEvent): void {
    const bytes = by * eventBytes(event);
    this.#events += by;
    this.#bytes += bytes;
    this.#options.onAside(by, bytes);
  }
}

/** Failure of a lane whose first event did not fail itself. */
const UNKNOWN: SinkFailure = { blames: 'attempt', reason: 'It was not taken.' };

function frontOf({ lanes }: Block): GatewayEvent | undefined {
  for (const lane of lanes) return lane.events[0]?.event;
  return undefined;
}

function letterOf({ lanes, failure }: Block): RefusedEvent | undefined {
  const event = oldestOf(lanes)?.events[0]?.event;
  return event === undefined ? undefined : { event, reason: failure.reason };
}

function oldestOf(lanes: Iterable<Lane>): Lane | undefined {
  let found: Lane | undefined;
  for (const lane of lanes) {
    const sequence = lane.events[0]?.event.sequence ?? Infinity;
    if (sequence < (found?.events[0]?.event.sequence ?? Infinity)) found = lane;
  }
  return found;
}
