import type { OutboxConfig } from '../../config/sink-config.js';
import { CLOSE_RESERVE_BYTES, FULL_SHARE, RELIEF_SHARE } from '../outbox-bound.js';
import type { Retagging } from '../outbox.js';
import type { EventLog } from './event-log.js';
import type { OpenConnections } from './open-connections.js';

/**
 * What may wait to be written, as a share of memory's bound, for new tags to be written one by one.
 */
const PENDING_SHARE = 1 / 8;

/**
 * Writes new tags of open connections to the log. Nobody is held back who sets tags, so above the
 * bound they are not written one by one: the snapshot of a new file has them all when there is room
 * again.
 */
export class TagJournal {
  readonly #limits: Pick<OutboxConfig, 'maxBytes' | 'maxDiskBytes'>;
  readonly #open: OpenConnections;
  /** Tags have changed and the log does not say so. */
  #isBehind = false;

  constructor(limits: Pick<OutboxConfig, 'maxBytes' | 'maxDiskBytes'>, open: OpenConnections) {
    this.#limits = limits;
    this.#open = open;
  }

  note(log: EventLog, now: Retagging): void {
    if (this.#hasRoom(log, 1)) log.retagged(now);
    else this.#isBehind = true;
  }

  /** To be called when there may be room again. */
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
