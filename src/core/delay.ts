import type { Clock } from './clock.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/**
 * Exponential backoff after a number of failures in a row (from 1): 100 ms, doubled each time, at
 * most 5 s.
 */
export function backoffMs(failures: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 30));
}

/** Resolves or rejects as `work` does, or resolves to `late` when it is still pending at the deadline. */
export async function withDeadline<T, L>(clock: Clock, work: Promise<T>, timeoutMs: number, late: L): Promise<T | L> {
  let cancel = (): void => undefined;
  const deadline = new Promise<L>((resolve) => {
    cancel = clock.schedule(() => resolve(late), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    cancel();
  }
}

/** Resolves to true when `work` settles, fulfilled or rejected, and to false at the deadline. */
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

/** A wait that can be ended early. One wait at a time. */
export class Pause {
  #end: () => void = () => undefined;

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `delayMs`, at once when that is not positive, or when `end` is called. */
  async wait(delayMs: number): Promise<void> {
    if (delayMs <= 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.schedule(resolve, delayMs);
      this.#end = () => {
        cancel();
        resolve();
      };
    });
    this.#end = () => undefined;
  }

  /** Ends the current wait, if there is one. */
  end(): void {
    this.#end();
  }
}
