import type { GatewayEvent } from '../event/gateway-event.js';
import type { OutboxLimits } from '../config/sink-config.js';
import type { BacklogLoad } from './backlog/backlog.js';

/** So many events, and so many bytes of them. */
export interface Room {
  readonly events: number;
  readonly bytes: number;
}

/**
 * At this share of the bound the outbox says that it is full: what is under way still fits behind
 * it.
 */
export const FULL_SHARE = 7 / 8;
/** The rest above this share belongs to open and close events. */
const MESSAGE_SHARE = 15 / 16;
/** It stops being full when what waits has fallen to this share of what made it full. */
export const RELIEF_SHARE = 1 / 2;
/**
 * The most that close events may reserve: above it nothing would be left for messages, and the
 * outbox full for ever.
 */
const RESERVE_SHARE = 1 / 2;
/** What messages of paused clients may take, beside the events. */
const HELD_SHARE = 1 / 4;
/** A close event without message; its tags are mostly shared with those of other events. */
export const CLOSE_RESERVE_BYTES = 256;

/**
 * What may wait for sinks that are not required, at most: above it they would keep a full outbox
 * from being relieved.
 */
const OPTIONAL_SHARE = 1 / 4;
/**
 * What may wait out of turn, behind suspected events and for destinations that are away, of all
 * sinks together.
 */
const LANES_SHARE = 1 / 4;

/** What may wait for a sink that is not required. */
export function optionalLimits({ maxEvents, maxBytes, maxDiskBytes }: OutboxLimits, optionalMaxBytes: number) {
  return {
    maxEvents: maxEvents * OPTIONAL_SHARE,
    maxBytes: Math.min(optionalMaxBytes, Math.min(maxBytes, maxDiskBytes) * OPTIONAL_SHARE),
  };
}

/** What may wait out of turn for each of so many sinks. */
export function laneLimits({ maxEvents, maxBytes, maxDiskBytes }: OutboxLimits, sinks: number) {
  const share = LANES_SHARE / sinks;
  return { maxEvents: maxEvents * share, maxBytes: maxBytes * share, maxSpanBytes: maxDiskBytes * share };
}

/**
 * Decides what still fits. Each open event that it admits reserves room for the connection's close
 * event.
 */
export class OutboxBound {
  #openConnections = 0;
  #held = 0;

  constructor(readonly limits: OutboxLimits) {}

  /** Books the event unless it does not fit. A close always fits. */
  admit(action: GatewayEvent['action'], bytes: number, load: BacklogLoad): boolean {
    switch (action) {
      case 'close':
        this.#openConnections = Math.max(0, this.#openConnections - 1);
        return true;
      case 'open':
        if (!this.#hasReserve()) return false;
        if (!this.#isWithin(1, load, 2, bytes + CLOSE_RESERVE_BYTES)) return false;
        this.#openConnections++;
        return true;
      case 'message':
        return this.#isWithin(MESSAGE_SHARE, load, 1, bytes);
    }
  }

  /** The largest message for which there is room when nothing else waits. */
  get largestBytes(): number {
    const { maxBytes, maxDiskBytes } = this.limits;
    return Math.min(maxBytes, maxDiskBytes) * MESSAGE_SHARE - this.#openConnections * CLOSE_RESERVE_BYTES;
  }

  /** Whether a message would fit if nothing else waited. */
  isRoomFor(bytes: number): boolean {
    return bytes <= this.largestBytes;
  }

  /**
   * Whether there is room for any message at all: the next one may be larger than the bound where
   * nothing waits.
   */
  hasRoom(load: BacklogLoad): boolean {
    return this.#isWithin(MESSAGE_SHARE, load, 0, 0);
  }

  get heldBytes(): number {
    return this.#held;
  }

  /**
   * Books a message that waits outside: a part of the bound of its own, so that one that does not
   * fit shuts out nobody else.
   */
  hold(bytes: number): boolean {
    if (this.#held + bytes > this.limits.maxBytes * HELD_SHARE) return false;
    this.#held += bytes;
    return true;
  }

  letGo(bytes: number): void {
    this.#held -= bytes;
  }

  isFull(load: BacklogLoad): boolean {
    return !this.#isBelowMark(load, 1);
  }

  /**
   * What may be added before `isFull` can be true; nothing is left of it when a number is 0 or
   * less.
   */
  roomBelowFull(load: BacklogLoad): Room {
    const { maxEvents, maxBytes, maxDiskBytes } = this.limits;
    const reserve = this.#openConnections * CLOSE_RESERVE_BYTES;
    const inMemory = maxBytes * FULL_SHARE - load.bytes;
    const onDisk = maxDiskBytes * FULL_SHARE - load.diskBytes;
    return {
      events: maxEvents * FULL_SHARE - this.#openConnections - load.events,
      bytes: Math.min(inMemory, onDisk) - reserve,
    };
  }

  /** Lower than the mark at which it became full, so that a full outbox does not flicker. */
  isRelieved(load: BacklogLoad): boolean {
    return this.#isBelowMark(load, RELIEF_SHARE);
  }

  /** Whether the close event of one connection more may be reserved. */
  #hasReserve(): boolean {
    const { maxEvents, maxBytes, maxDiskBytes } = this.limits;
    const reserves = this.#openConnections + 1;
    const bytes = Math.min(maxBytes, maxDiskBytes);
    return reserves <= maxEvents * RESERVE_SHARE && reserves * CLOSE_RESERVE_BYTES <= bytes * RESERVE_SHARE;
  }

  /**
   * Hot: whether a share of the bound, less the reserve, holds what waits and so much more. An
   * event takes less on disk than in memory.
   */
  #isWithin(share: number, load: BacklogLoad, events: number, bytes: number): boolean {
    const { maxEvents, maxBytes, maxDiskBytes } = this.limits;
    const reserve = this.#openConnections * CLOSE_RESERVE_BYTES;
    return (
      load.events + events <= maxEvents * share - this.#openConnections &&
      load.bytes + bytes <= maxBytes * share - reserve &&
      load.diskBytes + bytes <= maxDiskBytes * share - reserve
    );
  }

  /** Whether what waits is less than this share of what makes the outbox full. */
  #isBelowMark(load: BacklogLoad, share: number): boolean {
    const { maxEvents, maxBytes, maxDiskBytes } = this.limits;
    const reserve = this.#openConnections * CLOSE_RESERVE_BYTES;
    return (
      load.events < (maxEvents * FULL_SHARE - this.#openConnections) * share &&
      load.bytes < (maxBytes * FULL_SHARE - reserve) * share &&
      load.diskBytes < (maxDiskBytes * FULL_SHARE - reserve) * share
    );
  }
}
