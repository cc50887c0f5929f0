import type { OutboxLimits, OutboxLoad, Room } from './outbox-bound.js';

/** What was appended in a row, until it was a sixteenth of what one connection may hold: it is given back as a whole. */
interface Stretch {
  lastSequence: number;
  cost: number;
  /** By connection. */
  readonly costs: Map<string, number>;
}

const STRETCHES_A_LIMIT = 16;

/**
 * How much of the bound the events of each connection take up, so that one of them cannot fill it for all. While less waits in all than
 * half of one connection's share nothing is noted: one comparison an event. Exact to a sixteenth of a share. Costs are shares
 * of the whole bound: of its bytes or of its events, whichever is more.
 */
export class ConnectionShares {
  readonly #limits: OutboxLimits;
  /** Half of the share: the other half may have been taken before anything was noted. */
  readonly #limit: number;
  /** While no more than this waits nothing is noted. */
  readonly #fewEvents: number;
  readonly #fewBytes: number;
  readonly #isOnDisk: boolean;
  /** A larger message is more than a share by itself. */
  readonly #maxMessageBytes: number;
  #stretches: Stretch[] = [];
  readonly #used = new Map<string, number>();

  /** `share` is above 0 and at most 1, which switches it off. */
  constructor(limits: OutboxLimits, share: number) {
    this.#limits = limits;
    this.#limit = share >= 1 ? Infinity : share / 2;
    this.#isOnDisk = Number.isFinite(limits.maxDiskBytes);
    const boundBytes = this.#isOnDisk ? limits.maxDiskBytes : limits.maxBytes;
    this.#fewEvents = limits.maxEvents * this.#limit;
    this.#fewBytes = boundBytes * this.#limit;
    this.#maxMessageBytes = share >= 1 ? Infinity : share * boundBytes;
  }

  /**
   * Whether the connection may add a message. One that has nothing waiting may add one of up to a whole share; what is larger
   * is taken only when nothing waits at all, as it may fill the outbox for everybody. Hot.
   */
  allows(connection: string, bytes: number, load: OutboxLoad): boolean {
    if (bytes > this.#maxMessageBytes) return load.events === 0;
    if (this.#stretches.length === 0) return true;
    const used = this.#used.get(connection);
    return used === undefined || used + this.#cost(1, bytes) <= this.#limit;
  }

  /** What may be appended before anything would be noted; nothing of it when a number is 0 or less. */
  roomBeforeNotes(load: OutboxLoad): Room {
    if (this.#stretches.length > 0) return { events: 0, bytes: 0 };
    const bytes = this.#isOnDisk ? load.diskBytes : load.bytes;
    return { events: this.#fewEvents - load.events, bytes: this.#fewBytes - bytes };
  }

  /** To be called for each event that was accepted: `load` includes it. Hot. */
  appended(connection: string, sequence: number, bytes: number, load: OutboxLoad): void {
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
    // Sums of fractions do not come out at 0.
    if (this.#stretches.length === 0) this.#used.clear();
  }

  #giveBack(connection: string, cost: number): void {
    const left = (this.#used.get(connection) ?? 0) - cost;
    if (left > Number.EPSILON) this.#used.set(connection, left);
    else this.#used.delete(connection);
  }

  #cost(events: number, bytes: number): number {
    const { maxEvents, maxBytes, maxDiskBytes } = this.#limits;
    return Math.max(events / maxEvents, bytes / (Number.isFinite(maxDiskBytes) ? maxDiskBytes : maxBytes));
  }

  #isBelow(load: OutboxLoad): boolean {
    return load.events < this.#fewEvents && (this.#isOnDisk ? load.diskBytes : load.bytes) < this.#fewBytes;
  }
}
