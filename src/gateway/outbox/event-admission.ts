import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import { LimitedLog } from '../../core/limited-log.js';
import { loggedBytes } from '../event/gateway-event.js';
import type { Backlog } from './backlog/backlog.js';
import { ConnectionShares } from './connection-shares.js';
import { OutboxBound, type Room } from './outbox-bound.js';
import { DOES_NOT_FIT, NEVER_FITS, type NewEvent } from './outbox.js';
import type { OutboxLimits } from '../config/sink-config.js';

export interface EventAdmissionOptions {
  readonly limits: OutboxLimits;
  /** Share of the bound that one connection may take, above 0 and at most 1. */
  readonly share: number;
  readonly backlog: Backlog;
  /** Events that some sink still has to get, wherever they are kept. */
  readonly waiting: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Far below what one record of the log holds. */
const MAX_EVENT_BYTES = 2 ** 30;
const LOGGED_EACH_MS = 60_000;

/**
 * Decides which events are taken: what fits into the bound, and of one connection no more than its
 * share.
 */
export class EventAdmission {
  readonly bound: OutboxBound;
  readonly #options: EventAdmissionOptions;
  readonly #shares: ConnectionShares;
  readonly #isLogged: boolean;
  readonly #shareLog: LimitedLog;
  readonly #sizeLog: LimitedLog;
  /**
   * Messages, and bytes of them, that may be appended without a judgement: none of them can reach a
   * bound.
   */
  #freeEvents = 0;
  #freeBytes = 0;
  #granted = 0;

  constructor(options: EventAdmissionOptions) {
    const { limits, share, clock, log } = options;
    this.#options = options;
    this.bound = new OutboxBound(limits);
    this.#shares = new ConnectionShares(limits, share);
    this.#isLogged = Number.isFinite(limits.maxDiskBytes);
    this.#shareLog = new LimitedLog(log, clock, LOGGED_EACH_MS);
    this.#sizeLog = new LimitedLog(log, clock, LOGGED_EACH_MS);
  }

  /** How often a connection has reached its share. */
  get sharesReached(): number {
    return this.#shares.reached;
  }

  /**
   * Whether the event is taken unjudged. Hot: a message costs two comparisons instead of all that
   * stands between it and the bounds, which are 6 % of a gateway on uws. Measured by bench/inbound.
   */
  takesUnjudged({ action }: NewEvent, bytes: number): boolean {
    if (this.#freeEvents < 1 || this.#freeBytes <= bytes || action !== 'message') return false;
    this.#freeEvents -= 1;
    this.#freeBytes -= bytes;
    return true;
  }

  /**
   * Undefined when the event may be appended, which is booked then; else what `Outbox.append`
   * answers.
   */
  refusalOf(event: NewEvent, bytes: number): typeof DOES_NOT_FIT | typeof NEVER_FITS | undefined {
    const { action, connection } = event;
    const { backlog } = this.#options;
    if (bytes > MAX_EVENT_BYTES) return this.#tooLarge(event, bytes);
    if (action === 'message' && !this.#shares.allows(connection, this.#shared(event, bytes))) {
      return this.#overShare(event, bytes);
    }
    if (backlog.isFailing && action !== 'close') return DOES_NOT_FIT;
    if (this.bound.admit(action, bytes, backlog)) return undefined;
    if (action !== 'message' || this.bound.isRoomFor(bytes)) return DOES_NOT_FIT;
    return this.#aloneOrNever(event, bytes);
  }

  /** To be called for each event that was judged and appended. */
  appended(event: NewEvent, sequence: number, bytes: number): void {
    this.#shares.appended(event.connection, sequence, this.#shared(event, bytes), this.#options.backlog);
  }

  /** Events up to and with this sequence no longer wait. */
  release(through: number): void {
    this.#shares.release(through);
  }

  get isAtBound(): boolean {
    const { backlog } = this.#options;
    return backlog.isFailing || this.bound.isFull(backlog);
  }

  get isRelieved(): boolean {
    const { backlog } = this.#options;
    return !backlog.isFailing && this.bound.isRelieved(backlog);
  }

  /**
   * Lets messages pass unjudged as far as the bounds and `room` reach; to be ended when anything
   * but these messages changes what waits.
   */
  grant(room: Room): void {
    const { backlog } = this.#options;
    const full = this.bound.roomBelowFull(backlog);
    const notes = this.#shares.roomBeforeNotes(backlog);
    this.#freeEvents = Math.min(full.events, notes.events, room.events) - 1;
    this.#freeBytes = Math.min(full.bytes, notes.bytes, room.bytes);
    this.#granted = this.#freeBytes;
  }

  /** How many bytes passed unjudged. */
  endGrant(): number {
    const taken = this.#granted - this.#freeBytes;
    this.#freeEvents = 0;
    this.#freeBytes = 0;
    this.#granted = 0;
    return taken;
  }

  /** What the event takes of the bound that its connection has a share of. */
  #shared(event: NewEvent, bytes: number): number {
    return this.#isLogged ? loggedBytes(event, bytes) : bytes;
  }

  #overShare(event: NewEvent, bytes: number): typeof DOES_NOT_FIT | typeof NEVER_FITS | undefined {
    if (this.#shares.isLarger(this.#shared(event, bytes))) return this.#aloneOrNever(event, bytes);
    const { connection } = event;
    if (this.#shares.reach(connection)) {
      const effect = 'its messages are held or refused until enough of its events are delivered';
      this.#shareLog.warn('outbox.share-reached', { connection, maxBytes: this.#shares.maxBytes, effect });
    }
    return DOES_NOT_FIT;
  }

  /**
   * What does not fit beside anything is taken while nothing else waits, wherever that is kept:
   * else nobody could ever send it.
   */
  #aloneOrNever(event: NewEvent, bytes: number): typeof NEVER_FITS | undefined {
    const { backlog, waiting } = this.#options;
    const isAlone = waiting() === 0 && !backlog.isFailing && this.bound.hasRoom(backlog);
    return isAlone ? undefined : this.#tooLarge(event, bytes);
  }

  #tooLarge({ connection }: NewEvent, bytes: number): typeof NEVER_FITS {
    const maxBytes = Math.floor(Math.min(this.#shares.maxBytes, this.bound.largestBytes, MAX_EVENT_BYTES));
    this.#sizeLog.warn('outbox.message-too-large', { connection, bytes, maxBytes });
    return NEVER_FITS;
  }
}
