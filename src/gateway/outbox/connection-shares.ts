import type { OutboxLimits } from '../config/outbox-config.js';
import type { BacklogLoad, Headroom } from './backlog/backlog.js';

/**
 * Events appended in a row, up to a sixteenth of one connection's limit. They are given back as a
 * whole.
 */
interface Stretch {
  lastSequence: number;
  cost: number;
  /** Cost by connection. */
  readonly costs: Map<string, number>;
}

const STRETCHES_A_LIMIT = 16;

/**
 * Limits how much of the bound the events of one connection may take, so that one connection cannot
 * fill the outbox for all. Precise to a sixteenth of a share. While less than half a share waits in
 * all, nothing is noted: that costs one comparison for each event.
 *
 * Costs are shares of the bound. Without a log it is the bound on events or on bytes, whichever is
 * nearer. With a log it is the bound on disk: the bounds in memory are on what is not written yet,
 * which does not depend on sinks.
 */
export class ConnectionShares {
  /** Largest message within a share. */
  readonly maxBytes: number;
  readonly #boundEvents: number;
  readonly #boundBytes: number;
  /** Half of the share: the other half may have been used before anything was noted. */
  readonly #limit: number;
  /** Nothing is noted while less than this waits. */
  readonly #fewEvents: number;
  readonly #fewBytes: number;
  readonly #isOnDisk: boolean;
  #stretches: Stretch[] = [];
  readonly #used = new Map<string, number>();
  /** Connections that have reached the limit since something of theirs was given back. */
  readonly #full = new Set<string>();
  #reached = 0;

  /** `share` is above 0 and at most 1, which turns the limit off. */
  constructor({ maxEvents, maxBytes, maxDiskBytes }: OutboxLimits, share: number) {
    this.#limit = share >= 1 ? Infinity : share / 2;
    this.#isOnDisk = Number.isFinite(maxDiskBytes);
    this.#boundEvents = this.#isOnDisk ? Infinity : maxEvents;
    this.#boundBytes = this.#isOnDisk ? maxDiskBytes : maxBytes;
    this.#fewEvents = this.#boundEvents * this.#limit;
    this.#fewBytes = this.#boundBytes * this.#limit;
    this.maxBytes = share >= 1 ? Infinity : share * this.#boundBytes;
  }

  /** Number of times that a connection has reached its share. */
  get reached(): number {
    return this.#reached;
  }

  /**
   * True when the connection may add a message: up to a whole share when nothing of it waits. Hot.
   */
  allows(connection: string, bytes: number): boolean {
    if (bytes > this.maxBytes) return false;
    if (this.#stretches.length === 0) return true;
    const used = this.#used.get(connection);
    return used === undefined || used + this.#cost(1, bytes) <= this.#limit;
  }

  /** Headroom before anything is noted: nothing when a number is 0 or less. */
  roomBeforeNotes(load: BacklogLoad): Headroom {
    if (this.#stretches.length > 0) return { events: 0, bytes: 0 };
    return { events: this.#fewEvents - load.events, bytes: this.#fewBytes - this.#waitingBytes(load) };
  }

  /** True for a message above a whole share: it could fill the outbox for all connections. */
  isLarger(bytes: number): boolean {
    return bytes > this.maxBytes;
  }

  /**
   * Counts that the connection has reached its share. False when that was counted before and
   * nothing was given back since.
   */
  reach(connection: string): boolean {
    if (this.#full.has(connection)) return false;
    this.#full.add(connection);
    this.#reached++;
    return true;
  }

  /** Must be called for each accepted event; `load` includes it. Hot. */
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

  /** Gives back the cost of all events up to and with this sequence. */
  release(through: number): void {
    const gone = this.#stretches.findIndex(({ lastSequence }) => lastSequence > through);
    const released = this.#stretches.splice(0, gone < 0 ? this.#stretches.length : gone);
    for (const { costs } of released) for (const [connection, cost] of costs) this.#giveBack(connection, cost);
    if (this.#stretches.length > 0) return;
    // Rounding leaves sums of fractions a little above or below 0.
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
   * With a log, events are in memory, on disk or for a while in both. Counting them twice only
   * starts the notes early.
   */
  #waitingBytes({ bytes, diskBytes }: BacklogLoad): number {
    return this.#isOnDisk ? bytes + diskBytes : bytes;
  }
}
