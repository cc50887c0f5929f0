import type { OutboxConfig } from '../../config/outbox-config.js';
import { CLOSE_RESERVE_BYTES, FULL_SHARE, RELIEF_SHARE } from '../outbox-bound.js';
import type { Retagging } from '../outbox.js';
import type { EventLog } from './event-log.js';
import type { OpenConnections } from './open-connections.js';

/** Share of the memory bound that may wait to be written while new tags are written one by one. */
const PENDING_SHARE = 1 / 8;

/**
 * Writes new tags of open connections to the log. Setting tags has no backpressure, so near the
 * bound they are not written one by one: the snapshot of a new file has them all once there is room
 * again.
 */
export class TagJournal {
  readonly #limits: Pick<OutboxConfig, 'maxBytes' | 'maxDiskBytes'>;
  readonly #open: OpenConnections;
  /** True when tags have changed that are not in the log. */
  #isBehind = false;

  constructor(limits: Pick<OutboxConfig, 'maxBytes' | 'maxDiskBytes'>, open: OpenConnections) {
    this.#limits = limits;
    this.#open = open;
  }

  note(log: EventLog, now: Retagging): void {
    if (this.#hasRoom(log, 1)) log.retagged(now);
    else this.#isBehind = true;
  }

  /** Must be called when there may be room again. */
  catchUp(log: EventLog): void {
    if (this.#isBehind && this.#hasRoom(log, RELIEF_SHARE)) this.#isBehind = !log.rotate();
  }

  #hasRoom(log: EventLog, share: number): boolean {
    const { maxBytes, maxDiskBytes } = this.#limits;
    if (log.isFailing || log.pendingBytes > maxBytes * PENDING_SHARE) return false;
    const bound = maxDiskBytes * FULL_SHARE - this.#open.size * CLOSE_RESERVE_BYTES;
    return log.bytes - log.overheadBytes < bound * share;
  }
}
