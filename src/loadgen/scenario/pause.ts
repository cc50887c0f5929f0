import type { Clock } from '../../core/clock.js';

/**
 * An iteration without a connection lasts at least so long: a target that is gone is not hammered,
 * and the generator not busy with it.
 */
export const FAILED_DIAL_PAUSE_MS = 1000;

/** The wait of a virtual user, which an interruption ends. */
export class Pause {
  #endWait: () => void = () => undefined;

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after so long, or when it is ended; one at a time. */
  async take(delayMs: number): Promise<void> {
    if (delayMs <= 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.schedule(resolve, delayMs);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
    this.#endWait = () => undefined;
  }

  /** Ends the wait under way, if there is one. */
  end(): void {
    this.#endWait();
  }
}
