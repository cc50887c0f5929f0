import type { Clock } from '../../core/clock.js';

/** A binary min-heap of seconds. */
export class SecondHeap {
  #seconds: number[] = [];

  get first(): number | undefined {
    return this.#seconds[0];
  }

  get size(): number {
    return this.#seconds.length;
  }

  /** Replaces the contents. */
  refill(seconds: Iterable<number>): void {
    // A sorted array is a heap.
    this.#seconds = [...seconds].sort((a, b) => a - b);
  }

  add(second: number): void {
    let at = this.#seconds.push(second) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#at(parent) <= second) break;
      this.#seconds[at] = this.#at(parent);
      at = parent;
    }
    this.#seconds[at] = second;
  }

  removeFirst(): void {
    const last = this.#seconds.pop();
    if (last === undefined || this.#seconds.length === 0) return;
    let at = 0;
    for (let child = this.#smallerChild(at); this.#at(child) < last; child = this.#smallerChild(at)) {
      this.#seconds[at] = this.#at(child);
      at = child;
    }
    this.#seconds[at] = last;
  }

  clear(): void {
    this.#seconds.length = 0;
  }

  #smallerChild(parent: number): number {
    const left = parent * 2 + 1;
    return this.#at(left + 1) < this.#at(left) ? left + 1 : left;
  }

  /** Returns infinity beyond the end. */
  #at(index: number): number {
    return this.#seconds[index] ?? Number.POSITIVE_INFINITY;
  }
}

/** Interval between checks for expired grants, and the largest delay of a close. */
const TICK_MS = 1000;
/**
 * Maximum number of closes per turn of the event loop, so that many grants that expire together do
 * not block it.
 */
const MOST_AT_ONCE = 1000;
const PAUSE_MS = 1;
const SPARE_SECONDS = 1000;

export interface GrantExpiryOptions<T> {
  readonly clock: Clock;
  /** Called once for each expired member, after it was removed. */
  readonly onExpired: (member: T) => void;
}

/**
 * Expires grants by the wall clock, to the second, or later when many expire together. One timer
 * serves all members and runs only while there are any. It reads the clock each second, so that
 * clock jumps and times years ahead need no special handling.
 */
export class GrantExpiry<T extends object> {
  readonly #options: GrantExpiryOptions<T>;
  readonly #members = new Map<number, Set<T>>();
  readonly #seconds = new Map<T, number>();
  readonly #heap = new SecondHeap();
  #cancelTick: (() => void) | undefined;

  constructor(options: GrantExpiryOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#seconds.size;
  }

  add(member: T, expiresAtMs: number): void {
    const second = Math.ceil(expiresAtMs / 1000);
    this.#seconds.set(member, second);
    const members = this.#members.get(second);
    if (members === undefined) {
      this.#members.set(second, new Set([member]));
      this.#heap.add(second);
    } else members.add(member);
    this.#cancelTick ??= this.#options.clock.schedule(() => this.#tick(), TICK_MS);
  }

  /** Removes a member; does nothing if it is unknown. */
  remove(member: T): void {
    const second = this.#seconds.get(member);
    if (second === undefined) return;
    this.#seconds.delete(member);
    if (this.#seconds.size === 0) return this.stop();
    const members = this.#members.get(second);
    members?.delete(member);
    if (members?.size === 0) this.#forget(second);
  }

  stop(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#seconds.clear();
    this.#members.clear();
    this.#heap.clear();
  }

  /** Removes a second without members, and rebuilds the heap when most of its seconds have none. */
  #forget(second: number): void {
    this.#members.delete(second);
    if (this.#heap.size > 2 * this.#members.size + SPARE_SECONDS) this.#heap.refill(this.#members.keys());
  }

  #tick(): void {
    const { clock, onExpired } = this.#options;
    const due = this.#takeDue(clock.wallNow() / 1000);
    const isNobodyLeft = this.#heap.first === undefined;
    const delayMs = due.length < MOST_AT_ONCE ? TICK_MS : PAUSE_MS;
    this.#cancelTick = isNobodyLeft ? undefined : clock.schedule(() => this.#tick(), delayMs);
    for (const member of due) onExpired(member);
  }

  /** Removes and returns expired members, the earliest first, at most `MOST_AT_ONCE`. */
  #takeDue(nowS: number): T[] {
    const due: T[] = [];
    for (let first = this.#heap.first; first !== undefined && first <= nowS; first = this.#heap.first) {
      const members = this.#members.get(first) ?? new Set<T>();
      for (const member of members) {
        if (due.length === MOST_AT_ONCE) return due;
        due.push(member);
        members.delete(member);
        this.#seconds.delete(member);
      }
      this.#members.delete(first);
      this.#heap.removeFirst();
    }
    return due;
  }
}
