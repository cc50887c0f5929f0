import type { Clock } from '../core/clock.js';
import { errorMessage, WsgError } from '../core/error.js';
import type { Logger } from '../core/logger.js';

/** Time limit for stopping a part; every part has a shorter limit of its own. */
export const STOP_PART_MS = 3_000;

/** Stops the parts of a gateway one by one, so that one that fails or hangs does not keep others. */
export class PartStops {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #failed: string[] = [];

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Stops one part. A failure or timeout is logged. */
  async stop(part: string, stop: () => unknown, boundMs = STOP_PART_MS): Promise<void> {
    let cancel = (): void => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      cancel = this.#clock.schedule(() => reject(new Error(`it did not stop within ${boundMs / 1000} s`)), boundMs);
    });
    try {
      await Promise.race([stop(), late]);
    } catch (error) {
      this.#failed.push(part);
      this.#log.error('gateway.stop-failed', { part, reason: errorMessage(error) });
    } finally {
      cancel();
    }
  }

  /** Throws `gateway.stop-failed` when a part failed or hung. */
  throwIfFailed(): void {
    if (this.#failed.length === 0) return;
    throw new WsgError('gateway.stop-failed', `Some parts did not stop cleanly: ${this.#failed.join(', ')}.`);
  }
}
