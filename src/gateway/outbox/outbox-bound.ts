import type { Clock } from '../../core/clock.js';
import { LimitedLog } from '../../core/limited-log.js';
import type { Logger } from '../../core/logger.js';
import type { OutboxLimits } from '../config/outbox-config.js';
import type { QueueLimits } from '../event/event-queue.js';
import { loggedBytes, type GatewayEvent } from '../event/gateway-event.js';
import type { Backlog, Headroom } from './backlog/backlog.js';
import { ConnectionShares } from './connection-shares.js';
import { DOES_NOT_FIT, NEVER_FITS, type HeldRoom, type NewEvent } from './outbox.js';

/**
 * Share of the bound at which the outbox reports that it is full. What is under way still fits
 * above it.
 */
export const FULL_SHARE = 7 / 8;
/** Share of the bound that messages may take. The rest belongs to open and close events. */
export const MESSAGE_SHARE = 15 / 16;
/** Share of the full mark below which the outbox is no longer full. */
export const RELIEF_SHARE = 1 / 2;
/**
 * Share of the bound that close events may reserve. With more, no room would be left for messages
 * and the outbox would stay full.
 */
const RESERVE_SHARE = 1 / 2;
/** Share of the bound for messages of paused clients, in addition to the events. */
export const HELD_SHARE = 1 / 4;
/** Reserve for a close event: it has no message and mostly shares its tags with other events. */
export const CLOSE_RESERVE_BYTES = 256;
/**
 * Share of the bound for sinks that are not required. With more, they would keep a full outbox from
 * being relieved.
 */
const OPTIONAL_SHARE = 1 / 4;
/** Share of the bound for the lanes of all sinks together. */
const LANES_SHARE = 1 / 4;
/** Largest event, far below what one record of the log holds. */
const MAX_EVENT_BYTES = 2 ** 30;
const LOGGED_EACH_MS = 60_000;

/** Most that may wait for a sink that is not required. */
export function optionalLimits(
  { maxEvents, maxBytes, maxDiskBytes }: OutboxLimits,
  optionalMaxBytes: number,
): QueueLimits {
  return {
    maxEvents: maxEvents * OPTIONAL_SHARE,
    maxBytes: Math.min(optionalMaxBytes, Math.min(maxBytes, maxDiskBytes) * OPTIONAL_SHARE),
  };
}

/** Bounds on the events that wait in lanes. */
export interface LaneLimits extends QueueLimits {
  /**
   * Distance between the cursor and the oldest event in a lane, in bytes of events: a log must keep
   * all that lies between.
   */
  readonly maxSpanBytes: number;
}

/** Most that may wait in the lanes of one of several sinks. */
export function laneLimits({ maxEvents, maxBytes, maxDiskBytes }: OutboxLimits, sinks: number): LaneLimits {
  const share = LANES_SHARE / sinks;
  return { maxEvents: maxEvents * share, maxBytes: maxBytes * share, maxSpanBytes: maxDiskBytes * share };
}

export interface OutboxBoundOptions {
  readonly limits: OutboxLimits;
  /** Share of the bound that one connection may take, above 0 and at most 1. */
  readonly share: number;
  readonly backlog: Backlog;
  /** Number of events that some sink still has to get, in memory or on disk. */
  readonly waiting: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Why an event is not accepted. */
type Refusal = typeof DOES_NOT_FIT | typeof NEVER_FITS;

/**
 * Decides which events are accepted: those within the bound on events, memory and disk, and of one
 * connection no more than its share. Each open event reserves room for the connection's close
 * event.
 */
export class OutboxBound implements HeldRoom {
  readonly #limits: OutboxLimits;
  readonly #backlog: Backlog;
  readonly #waiting: () => number;
  readonly #shares: ConnectionShares;
  readonly #isLogged: boolean;
  readonly #shareLog: LimitedLog;
  readonly #sizeLog: LimitedLog;
  #openConnections = 0;
  #held = 0;
  /** Messages, and bytes of them, that cannot reach any bound and are accepted without a check. */
  #freeEvents = 0;
  #freeBytes = 0;
  #granted = 0;

  constructor({ limits, share, backlog, waiting, clock, log }: OutboxBoundOptions) {
    this.#limits = limits;
    this.#backlog = backlog;
    this.#waiting = waiting;
    this.#shares = new ConnectionShares(limits, share);
    this.#isLogged = Number.isFinite(limits.maxDiskBytes);
    this.#shareLog = new LimitedLog(log, clock, LOGGED_EACH_MS);
    this.#sizeLog = new LimitedLog(log, clock, LOGGED_EACH_MS);
  }

  /** Number of times that a connection has reached its share. */
  get sharesReached(): number {
    return this.#shares.reached;
  }

  get heldBytes(): number {
    return this.#held;
  }

  /** Books a message that waits outside, in a part of the bound that events do not use. */
  hold(bytes: number): boolean {
    if (this.#held + bytes > this.#limits.maxBytes * HELD_SHARE) return false;
    this.#held += bytes;
    return true;
  }

  letGo(bytes: number): void {
    this.#held -= bytes;
  }

  /**
   * Accepts a message within the grant. Hot: a message costs two comparisons here instead of all
   * checks, which are 6 % of a gateway on uws. Measured by bench/inbound.
   */
  takesFromGrant({ action }: NewEvent, bytes: number): boolean {
    if (this.#freeEvents < 1 || this.#freeBytes <= bytes || action !== 'message') return false;
    this.#freeEvents -= 1;
    this.#freeBytes -= bytes;
    return true;
  }

  /**
   * Grants that messages are accepted without a check, as far as the bounds and `room` reach. The
   * grant must end before anything else changes what waits.
   */
  grant(room: Headroom): void {
    const full = this.#roomBelowFull();
    const notes = this.#shares.roomBeforeNotes(this.#backlog);
    this.#freeEvents = Math.min(full.events, notes.events, room.events) - 1;
    this.#freeBytes = Math.min(full.bytes, notes.bytes, room.bytes);
    this.#granted = this.#freeBytes;
  }

  /** Ends the grant and returns the bytes that were taken from it. */
  endGrant(): number {
    const taken = this.#granted - this.#freeBytes;
    this.#freeEvents = 0;
    this.#freeBytes = 0;
    this.#granted = 0;
    return taken;
  }

  /** Undefined when the event is accepted, and booked; else the answer of `Outbox.append`. */
  refusalOf(event: NewEvent, bytes: number): Refusal | undefined {
    const { action, connection } = event;
    if (bytes > MAX_EVENT_BYTES) return this.#tooLarge(event, bytes);
    if (action === 'message' && !this.#shares.allows(connection, this.#shared(event, bytes))) {
      return this.#overShare(event, bytes);
    }
    if (this.#backlog.isFailing && action !== 'close') return DOES_NOT_FIT;
    if (this.#admit(action, bytes)) return undefined;
    if (action !== 'message' || bytes <= this.#largestBytes) return DOES_NOT_FIT;
    return this.#aloneOrNever(event, bytes);
  }

  /** True when an event that nothing is reserved for fits as a message would. */
  hasRoom(bytes: number): boolean {
    return !this.#backlog.isFailing && this.#isWithin(MESSAGE_SHARE, 1, bytes);
  }

  /** Gives back the reserve for the close event of a connection that gets none. */
  disown(): void {
    this.#openConnections = Math.max(0, this.#openConnections - 1);
  }

  /** Counts an event that was checked and appended. */
  appended(event: NewEvent, sequence: number, bytes: number): void {
    this.#shares.appended(event.connection, sequence, this.#shared(event, bytes), this.#backlog);
  }

  /** Gives back the shares of all events up to and with this sequence. */
  release(through: number): void {
    this.#shares.release(through);
  }

  get isFull(): boolean {
    return this.#backlog.isFailing || !this.#isBelowMark(1);
  }

  /** True below a mark that is lower than the full mark, so that a full outbox does not flicker. */
  get isRelieved(): boolean {
    return !this.#backlog.isFailing && this.#isBelowMark(RELIEF_SHARE);
  }

  /** The largest message for which there is room when nothing else waits. */
  get #largestBytes(): number {
    const { maxBytes, maxDiskBytes } = this.#limits;
    return Math.min(maxBytes, maxDiskBytes) * MESSAGE_SHARE - this.#reservedBytes;
  }

  get #reservedBytes(): number {
    return this.#openConnections * CLOSE_RESERVE_BYTES;
  }

  /** Books the event unless it does not fit. A close event always fits. */
  #admit(action: GatewayEvent['action'], bytes: number): boolean {
    switch (action) {
      case 'close':
        this.#openConnections = Math.max(0, this.#openConnections - 1);
        return true;
      case 'open':
        if (!this.#hasReserve()) return false;
        if (!this.#isWithin(1, 2, bytes + CLOSE_RESERVE_BYTES)) return false;
        this.#openConnections++;
        return true;
      case 'message':
        return this.#isWithin(MESSAGE_SHARE, 1, bytes);
    }
  }

  /** Bytes of the event in the part of the bound that its connection has a share of. */
  #shared(event: NewEvent, bytes: number): number {
    return this.#isLogged ? loggedBytes(event, bytes) : bytes;
  }

  #overShare(event: NewEvent, bytes: number): Refusal | undefined {
    if (this.#shares.isLarger(this.#shared(event, bytes))) return this.#aloneOrNever(event, bytes);
    const { connection } = event;
    if (this.#shares.reach(connection)) {
      const effect = 'its messages are held or refused until enough of its events are delivered';
      this.#shareLog.warn('outbox.share-reached', { connection, maxBytes: this.#shares.maxBytes, effect });
    }
    return DOES_NOT_FIT;
  }

  /**
   * Accepts a message above the bound while nothing else waits: it could never be sent otherwise.
   */
  #aloneOrNever(event: NewEvent, bytes: number): typeof NEVER_FITS | undefined {
    const isAlone = this.#waiting() === 0 && !this.#backlog.isFailing && this.#isWithin(MESSAGE_SHARE, 0, 0);
    return isAlone ? undefined : this.#tooLarge(event, bytes);
  }

  #tooLarge({ connection }: NewEvent, bytes: number): typeof NEVER_FITS {
    const maxBytes = Math.floor(Math.min(this.#shares.maxBytes, this.#largestBytes, MAX_EVENT_BYTES));
    this.#sizeLog.warn('outbox.message-too-large', { connection, bytes, maxBytes });
    return NEVER_FITS;
  }

  /** True when the close event of one more connection may be reserved. */
  #hasReserve(): boolean {
    const { maxEvents, maxBytes, maxDiskBytes } = this.#limits;
    const reserves = this.#openConnections + 1;
    const bytes = Math.min(maxBytes, maxDiskBytes);
    return reserves <= maxEvents * RESERVE_SHARE && reserves * CLOSE_RESERVE_BYTES <= bytes * RESERVE_SHARE;
  }

  /**
   * True when a share of the bound, less the reserve, holds what waits and these events. Hot. An
   * event takes less on disk than in memory.
   */
  #isWithin(share: number, events: number, bytes: number): boolean {
    const { maxEvents, maxBytes, maxDiskBytes } = this.#limits;
    const load = this.#backlog;
    const reserve = this.#openConnections * CLOSE_RESERVE_BYTES;
    return (
      load.events + events <= maxEvents * share - this.#openConnections &&
      load.bytes + bytes <= maxBytes * share - reserve &&
      load.diskBytes + bytes <= maxDiskBytes * share - reserve
    );
  }

  /** True when less waits than this share of the full mark. */
  #isBelowMark(share: number): boolean {
    const { maxEvents, maxBytes, maxDiskBytes } = this.#limits;
    const load = this.#backlog;
    const reserve = this.#reservedBytes;
    return (
      load.events < (maxEvents * FULL_SHARE - this.#openConnections) * share &&
      load.bytes < (maxBytes * FULL_SHARE - reserve) * share &&
      load.diskBytes < (maxDiskBytes * FULL_SHARE - reserve) * share
    );
  }

  /** Headroom before `isFull` can become true: nothing when a number is 0 or less. */
  #roomBelowFull(): Headroom {
    const { maxEvents, maxBytes, maxDiskBytes } = this.#limits;
    const load = this.#backlog;
    const inMemory = maxBytes * FULL_SHARE - load.bytes;
    const onDisk = maxDiskBytes * FULL_SHARE - load.diskBytes;
    return {
      events: maxEvents * FULL_SHARE - this.#openConnections - load.events,
      bytes: Math.min(inMemory, onDisk) - this.#reservedBytes,
    };
  }
}
