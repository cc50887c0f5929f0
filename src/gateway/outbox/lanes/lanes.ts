import type { QueueLimits } from '../../event/event-queue.js';
import { eventBytes, type GatewayEvent } from '../../event/gateway-event.js';
import type { RefusedEvent, SinkFailure } from '../../sinks/event-sink.js';
import { type Block, type Lane, type Moment, Blocks } from './block.js';
import type { LanePolicy } from '../../config/sink-config.js';

/** How much may wait in lanes. */
export interface LaneLimits extends QueueLimits {
  /**
   * How far the feed may get ahead of the oldest of them, in bytes of events: a log must keep all
   * that.
   */
  readonly maxSpanBytes: number;
}

export interface LanesOptions {
  readonly policy: LanePolicy;
  readonly limits: LaneLimits;
  readonly destinationOf: (event: GatewayEvent) => string | undefined;
  /** Books the bytes of an event that begins (or, negative, ceases) to wait here. */
  readonly onHeld: (events: number, bytes: number) => void;
}

/** What is to be offered next. `released`: nothing is in the way of these any more. */
export interface LaneTrial {
  readonly kind: 'released' | 'destinations' | 'suspect';
  readonly events: readonly GatewayEvent[];
  /** The suspect is given up if it fails now, so something else has to pass right before. */
  readonly needsControl: boolean;
}

/**
 * Events that wait out of turn, so that the others need not: behind a suspected event of their
 * connection, or for a destination that is away.
 */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #blocks: Blocks;
  readonly #ready = new Set<Lane>();
  /** Most events of the next released trial: smaller after a failure. */
  #releaseSize = Infinity;
  #events = 0;
  #bytes = 0;
  #atByte = 0;

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#blocks = new Blocks(options.destinationOf);
  }

  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get destinationsAway(): number {
    return this.#blocks.destinations.size;
  }

  /** Why the oldest of them waits. */
  get reason(): string | undefined {
    return this.#oldestLane()?.block?.failure.reason;
  }

  /** Infinity when there is none. */
  get oldestSequence(): number {
    return this.#oldestLane()?.events[0]?.event.sequence ?? Infinity;
  }

  /** When one of them is to be tried next; Infinity when none is. */
  get nextDueMs(): number {
    if (this.#ready.size > 0) return 0;
    let due = Infinity;
    for (const block of this.#blocks.all()) due = Math.min(due, block.dueMs);
    return due;
  }

  /**
   * Whether the event has to wait here: behind another of its connection, or for its destination.
   */
  holds(event: GatewayEvent): boolean {
    if (this.#events === 0) return false;
    return this.#lanes.has(event.connection) || this.#blocks.ofDestination(event) !== undefined;
  }

  /** Whether an event of this connection waits here. */
  holdsConnection(connection: string): boolean {
    return this.#lanes.has(connection);
  }

  /** The feed has passed so many bytes of events. */
  passedBytes(bytes: number): void {
    this.#atByte += bytes;
  }

  /**
   * Puts an event behind those that wait already. `failure` says what is in its way if none does.
   */
  add(event: GatewayEvent, at: Moment, failure?: SinkFailure): void {
    const lane = this.#lanes.get(event.connection) ?? this.#openLane(event, at, failure);
    lane.events.push({ event, sinceMs: at.nowMs, atByte: this.#atByte });
    this.#count(1, event);
  }

  /** What is to be offered now; undefined when nothing is. */
  next({ nowMs, passed }: Moment, limits: QueueLimits): LaneTrial | undefined {
    const released = this.#released(limits);
    if (released.length > 0) return { kind: 'released', events: released, needsControl: false };
    const probes = this.#dueFronts(nowMs).slice(0, limits.maxEvents);
    if (probes.length > 0) return { kind: 'destinations', events: probes, needsControl: false };
    for (const block of this.#blocks.suspects) {
      const event = block.dueMs <= nowMs ? frontOf(block) : undefined;
      if (event === undefined) continue;
      const needsControl = block.isRipe(nowMs, this.#options.policy) && block.lacksEvidence(passed);
      return { kind: 'suspect', events: [event], needsControl };
    }
    return undefined;
  }

  /**
   * The event was taken, or is given up: the next of its connection may follow, and others to its
   * destination if it was taken.
   */
  done(event: GatewayEvent, isTaken: boolean): void {
    const lane = this.#lanes.get(event.connection);
    if (lane === undefined || lane.events[0]?.event !== event) return;
    lane.events.shift();
    this.#count(-1, event);
    if (isTaken) this.#releaseSize *= 2;
    if (isTaken && lane.block?.destination !== undefined) this.#unblock(lane.block);
    const [next] = lane.events;
    if (next === undefined) this.#close(lane);
    else if (!this.#isStillBlocked(lane, next.event)) this.#release(lane);
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
    // Another connection's event stands for the destination the next time.
    lane.block.lanes.delete(lane);
    lane.block.lanes.add(lane);
  }

  /** A released trial of several events failed, nobody knows over which. */
  tryFewer(): void {
    this.#releaseSize = 1;
  }

  /** Nothing was learned of these: the sink was not there. */
  postpone(events: readonly GatewayEvent[], nowMs: number): void {
    for (const { connection } of events) this.#lanes.get(connection)?.block?.postpone(nowMs);
  }

  /** Everything is tried again at once. */
  hurry(nowMs: number): void {
    for (const block of this.#blocks.all()) block.hurry(nowMs);
  }

  /** Tries what the oldest of them waits for at once. */
  hurryOldest(nowMs: number): void {
    this.#oldestLane()?.block?.hurry(nowMs);
  }

  get isOverLimits(): boolean {
    const { maxEvents, maxBytes, maxSpanBytes } = this.#options.limits;
    if (this.#events === 0) return false;
    if (this.#events > maxEvents || this.#bytes > maxBytes) return true;
    const oldest = this.#oldestLane()?.events[0]?.atByte ?? this.#atByte;
    return maxSpanBytes < Infinity && this.#atByte - oldest > maxSpanBytes;
  }

  /**
   * The next event to give up, with the reason; undefined when none is. It stays here until it is
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

  /** Forgets all before `sequence`: how many those were. */
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

  #released({ maxEvents, maxBytes }: QueueLimits): GatewayEvent[] {
    const events: GatewayEvent[] = [];
    const most = Math.min(maxEvents, this.#releaseSize);
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

  /** Nothing is in the way of the lane any more, except what its first event finds. */
  #release(lane: Lane): void {
    this.#blocks.detach(lane);
    this.#ready.add(lane);
  }

  #unblock({ lanes }: Block): void {
    for (const lane of Array.from(lanes)) this.#release(lane);
  }

  #isStillBlocked({ block }: Lane, next: GatewayEvent): boolean {
    return block?.destination !== undefined && block.destination === this.#options.destinationOf(next);
  }

  #close(lane: Lane): void {
    this.#blocks.detach(lane);
    this.#ready.delete(lane);
    this.#lanes.delete(lane.connection);
  }

  /** One event for each destination whose time has come. */
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
    this.#options.onHeld(by, bytes);
  }
}

/** An event that waits for another reason than its own. */
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
