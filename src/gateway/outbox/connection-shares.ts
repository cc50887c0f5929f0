import type { OutboxLimits } from '../config/sink-config.js';
import type { BacklogLoad, Headroom } from './backlog/backlog.js';

/**
 * What was appended in a row, until it was a sixteenth of what one connection may hold: it is given
 * back as a whole.
 */
interface Stretch {
  lastSequence: number;
  cost: number;
  /** By connection. */
  readonly costs: Map<string, number>;
}

const STRETCHES_A_LIMIT = 16;

/**
 * How much of the bound the events of each connection take up, so that one of them cannot fill it
 * for all. While less waits in all than half of one connection's share nothing is noted: one
 * comparison an event. Exact to a sixteenth of a share. Costs are shares of the bound on what
 * waits: without a log of its bytes or of its events, whichever is more; with a log of the bytes on
 * disk, as the bounds in memory are on what is not written yet, and so pass on their own.
 */
export class ConnectionShares {
  /** A larger message is more than a share by itself. */
  readonly maxBytes: number;
  readonly #boundEvents: number;
  readonly #boundBytes: number;
  /** Half of the share: the other half may have been taken before anything was noted. */
  readonly #limit: number;
  /** While no more than this waits nothing is noted. */
  readonly #fewEvents: number;
  readonly #fewBytes: number;
  readonly #isOnDisk: boolean;
  #stretches: Stretch[] = [];
  readonly #used = new Map<string, number>();
  /** Connections of which a message was not allowed since something of theirs was given back. */
  readonly #full = new Set<string>();
  #reached = 0;

  /** `share` is above 0 and at most 1, which switches it off. */
  constructor({ maxEvents, maxBytes, maxDiskBytes }: OutboxLimits, share: number) {
    this.#limit = share >= 1 ? Infinity : share / 2;
    this.#isOnDisk = Number.isFinite(maxDiskBytes);
    this.#boundEvents = this.#isOnDisk ? Infinity : maxEvents;
    this.#boundBytes = this.#isOnDisk ? maxDiskBytes : maxBytes;
    this.#fewEvents = this.#boundEvents * this.#limit;
    this.#fewBytes = this.#boundBytes * this.#limit;
    this.maxBytes = share >= 1 ? Infinity : share * this.#boundBytes;
  }

  /** How often a connection has reached its share. */
  get reached(): number {
    return this.#reached;
  }

  /**
   * Whether the connection may add a message. One of which nothing waits may add one of up to a
   * whole share. Hot.
   */
  allows(connection: string, bytes: number): boolean {
    if (bytes > this.maxBytes) return false;
    if (this.#stretches.length === 0) return true;
    const used = this.#used.get(connection);
    return used === undefined || used + this.#cost(1, bytes) <= this.#limit;
  }

  /**
   * What may be appended before anything would be noted; nothing of it when a number is 0 or less.
   */
  roomBeforeNotes(load: BacklogLoad): Headroom {
    if (this.#stretches.length > 0) return { events: 0, bytes: 0 };
    return { events: this.#fewEvents - load.events, bytes: this.#fewBytes - this.#waitingBytes(load) };
  }

  /** More than a share by itself: it may fill the outbox for everybody. */
  isLarger(bytes: number): boolean {
    return bytes > this.maxBytes;
  }

  /**
   * Counts that the connection has reached its share: false when that was counted, and nothing was
   * given back since.
   */
  reach(connection: string): boolean {
    if (this.#full.has(connection)) return false;
    this.#full.add(connection);
    this.#reached++;
    return true;
  }

  /** To be called for each event that was accepted: `load` includes it. Hot. */
  appended(connection: string, sequence: number, bytes: number, load: BacklogLoad): void {
    if (this.#stretches.length === 0 && this.#isBelow(load)) return;
    const cost = this.#cost(1, bytes);
    let stretch = this.#stretches.at(-1);
    if (stretch === undefined || stretch.cost >= this.#limit / STRETCHES_A_LIMIT) {
      stretch = { lastSequence: sequence, cost: 0, costs: new Map() };
      this.#stretches.push(stretch);
    }
    stretch.lastSequence = sequence;
    stretch.cost += cost;
    stretch.costs.set(connection, (stretch.costs.get(connection) ?? 0) + cost);
    this.#used.set(connection, (this.#used.get(connection) ?? 0) + cost);
  }

  /** Gives back what was taken up to and with this sequence. */
  release(through: number): void {
    const gone = this.#stretches.findIndex(({ lastSequence }) => lastSequence > through);
    const released = this.#stretches.splice(0, gone < 0 ? this.#stretches.length : gone);
    for (const { costs } of released) for (const [connection, cost] of costs) this.#giveBack(connection, cost);
    if (this.#stretches.length > 0) return;
    // Sums of fractions do not come out at 0.
    this.#used.clear();
    this.#full.clear();
  }

  #giveBack(connection: string, cost: number): void {
    this.#full.delete(connection);
    const left = (this.#used.get(connection) ?? 0) - cost;
    if (left > Number.EPSILON) this.#used.set(connection, left);
    else this.#used.delete(connection);
  }

  #cost(events: number, bytes: number): number {
    return Math.max(events / this.#boundEvents, bytes / this.#boundBytes);
  }

  #isBelow(load: BacklogLoad): boolean {
    return load.events < this.#fewEvents && this.#waitingBytes(load) < this.#fewBytes;
  }

  /**
   * With a log what waits is in memory, on disk or, for a while, in both: what is noted too early
   * does no harm.
   */
  #waitingBytes({ bytes, diskBytes }: BacklogLoad): number {
    return this.#isOnDisk ? bytes + diskBytes : bytes;
  }
}
