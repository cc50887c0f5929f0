import type { Clock } from '../../core/clock.js';
import type { EventGate } from '../outbox/outbox.js';
import { Fifo } from './mirror-work.js';

/** An open event that waits for its connection to be mirrored, at most until `dueAt`. */
interface HeldOpen {
  readonly sequence: number;
  readonly dueAt: number;
}

/**
 * Keeps open events in the outbox until their connections are in the mirror, or a deadline has
 * passed.
 */
export class HeldOpens implements EventGate {
  readonly #held = new Fifo<HeldOpen>();
  #late = 0;
  #listener: () => void = () => undefined;
  #cancelTimer: (() => void) | undefined;

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many went before their connection was in the mirror. */
  get late(): number {
    return this.#late;
  }

  heldFrom(): number {
    return this.#held.peek()?.sequence ?? Infinity;
  }

  onHoldLifted(listener: () => void): void {
    this.#listener = listener;
  }

  /**
   * Sequences and deadlines rise from call to call. False when the deadline has passed: then
   * nothing is held.
   */
  hold(sequence: number, dueAt: number): boolean {
    if (dueAt <= this.#clock.now()) {
      this.#late += 1;
      return false;
    }
    this.#held.push({ sequence, dueAt });
    this.#arm();
    return true;
  }

  /** The connections of all open events up to and with this one are mirrored. */
  liftThrough(sequence: number): void {
    this.#release((held) => held.sequence <= sequence);
  }

  /** Holds nothing any more. */
  stop(): void {
    this.#late += this.#release(() => true);
  }

  #release(mayGo: (held: HeldOpen) => boolean): number {
    let count = 0;
    for (let head = this.#held.peek(); head !== undefined && mayGo(head); head = this.#held.peek()) {
      this.#held.drop(1);
      count += 1;
    }
    if (count > 0) this.#listener();
    if (this.#held.size > 0) return count;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    return count;
  }

  #arm(): void {
    const head = this.#held.peek();
    if (head === undefined || this.#cancelTimer !== undefined) return;
    this.#cancelTimer = this.#clock.schedule(() => this.#expire(), Math.max(1, head.dueAt - this.#clock.now()));
  }

  #expire(): void {
    this.#cancelTimer = undefined;
    const now = this.#clock.now();
    this.#late += this.#release(({ dueAt }) => dueAt <= now);
    this.#arm();
  }
}
