import type { IterationRunner, IterationTicket } from '../../src/loadgen/executor/executor.js';
import type { ManualClock } from './manual-clock.js';

/** Iterations that take a fixed time on a manual clock. */
export class TimedIterations implements IterationRunner {
  /** The iterations, in the order in which they began. */
  readonly started: { readonly user: number; readonly atMs: number; readonly ticket: IterationTicket }[] = [];
  readonly #under = new Map<number, (isComplete: boolean) => void>();

  readonly #clock: ManualClock;
  readonly #durationMs: number;

  constructor(clock: ManualClock, durationMs: number) {
    this.#clock = clock;
    this.#durationMs = durationMs;
  }

  iterate(user: number, ticket: IterationTicket): Promise<boolean> {
    if (this.#under.has(user)) throw new Error(`user ${user} has an iteration under way`);
    this.started.push({ user, atMs: this.#clock.now(), ticket });
    return new Promise((resolve) => {
      const cancel = this.#clock.schedule(() => end(true), this.#durationMs);
      const end = (isComplete: boolean): void => {
        cancel();
        this.#under.delete(user);
        resolve(isComplete);
      };
      this.#under.set(user, end);
    });
  }

  interrupt(user: number): void {
    this.#under.get(user)?.(false);
  }

  interruptAll(): void {
    for (const end of this.#under.values()) end(false);
  }
}
