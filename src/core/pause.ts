import type { Clock } from './clock.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/**
 * How long to wait after so many failures in a row (from 1): 100 ms, doubled each time, at most 5
 * s.
 */
export function backoffMs(failures: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 30));
}

/**
 * Resolves when `work` has ended, well or badly, or when the time is over: true in the first case.
 */
export function waitAtMost(clock: Clock, work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(() => resolve(false), timeoutMs);
    const end = () => {
      cancel();
      resolve(true);
    };
    work.then(end, end);
  });
}

/** A wait that can be cut short. */
export class Pause {
  #end: (() => void) | undefined;

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `delayMs`, or when `end` is called. One at a time. */
  async wait(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.schedule(resolve, delayMs);
      this.#end = () => {
        cancel();
        resolve();
      };
    });
    this.#end = undefined;
  }

  /** Does nothing while nobody waits. */
  end(): void {
    this.#end?.();
  }
}
