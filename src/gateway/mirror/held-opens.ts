import type { Clock } from '../../core/clock.js';
import type { EventGate } from '../outbox/outbox.js';
import { Fifo } from './mirror-work.js';

/** An open event that waits for its connection to be mirrored, at most until `dueAt`. */
interface HeldOpen {
  readonly sequence: number;
  readonly dueAt: number;
}

/**
 * Holds open events back in the outbox until their connections are in the mirror, or a deadline has
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

  /** Number of open events that were let go before their connection was in the mirror. */
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
   * Holds an event; sequences and deadlines must rise from call to call. False when the deadline
   * has passed: then it is not held.
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

  /** Lets all open events up to and with this one go: their connections are mirrored. */
  liftThrough(sequence: number): void {
    this.#lift((held) => held.sequence <= sequence);
  }

  /** Lets all events go. */
  stop(): void {
    this.#late += this.#lift(() => true);
  }

  #lift(mayGo: (held: HeldOpen) => boolean): number {
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
    this.#late += this.#lift(({ dueAt }) => dueAt <= now);
    this.#arm();
  }
}
