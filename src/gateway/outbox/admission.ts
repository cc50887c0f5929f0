import type { OutboxConfig } from '../config/sink-config.js';
import type { Backlog } from './backlog.js';
import { ConnectionShares } from './connection-shares.js';
import { OutboxBound, type OutboxLimits, type Room } from './outbox-bound.js';
import type { NewEvent } from './outbox.js';

/** Far below what one record of the log holds. */
const MAX_EVENT_BYTES = 2 ** 30;

/** Decides which events the outbox takes: by its bound, and by what each connection may have waiting. */
export class Admission {
  readonly bound: OutboxBound;
  readonly #backlog: Backlog;
  readonly #shares: ConnectionShares;
  /** Messages, and bytes of them, that may be appended without a judgement: none of them can reach a bound. */
  #freeEvents = 0;
  #freeBytes = 0;
  #granted = 0;

  constructor(backlog: Backlog, limits: OutboxLimits, { connectionShare }: Pick<OutboxConfig, 'connectionShare'>) {
    this.bound = new OutboxBound(limits);
    this.#backlog = backlog;
    this.#shares = new ConnectionShares(limits, connectionShare);
  }

  /**
   * Whether the event is taken unjudged. Hot: a message costs two comparisons instead of all that stands between it and the
   * bounds, which are 6 % of a gateway on uws. Measured by bench/inbound.
   */
  takesUnjudged({ action }: NewEvent, bytes: number): boolean {
    if (this.#freeEvents < 1 || this.#freeBytes <= bytes || action !== 'message') return false;
    this.#freeEvents -= 1;
    this.#freeBytes -= bytes;
    return true;
  }

  /** Judges and books an event. */
  takes({ action, connection }: NewEvent, bytes: number): boolean {
    if (bytes > MAX_EVENT_BYTES) return false;
    if (action === 'message' && !this.#shares.allows(connection, bytes, this.#backlog)) return false;
    if (this.#backlog.isFailing && action !== 'close') return false;
    return this.bound.admit(action, bytes, this.#backlog);
  }

  /** To be called for each event that was judged and appended. */
  appended({ connection }: NewEvent, sequence: number, bytes: number): void {
    this.#shares.appended(connection, sequence, bytes, this.#backlog);
  }

  /** Events up to and with this sequence no longer wait. */
  release(through: number): void {
    this.#shares.release(through);
  }

  get isAtBound(): boolean {
    return this.#backlog.isFailing || this.bound.isFull(this.#backlog);
  }

  get isRelieved(): boolean {
    return !this.#backlog.isFailing && this.bound.isRelieved(this.#backlog);
  }

  /** Lets messages pass unjudged as far as the bounds and `room` reach; to be ended when anything but these messages changes what waits. */
  grant(room: Room): void {
    const full = this.bound.roomBelowFull(this.#backlog);
    const notes = this.#shares.roomBeforeNotes(this.#backlog);
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
}
