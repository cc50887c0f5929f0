import type { Clock } from './clock.js';
import type { LogFields, Logger } from './logger.js';

/**
 * Limits warnings that remote peers can provoke to one line per interval; the next line has the
 * number of omitted ones.
 */
export class LimitedLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #leftOut = 0;

  constructor(log: Logger, clock: Clock, intervalMs = 1000) {
    this.#log = log;
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  warn(event: string, fields: LogFields): void {
    const now = this.#clock.now();
    if (now - this.#lastAt < this.#intervalMs) {
      this.#leftOut += 1;
      return;
    }
    this.#log.warn(event, this.#leftOut === 0 ? fields : { ...fields, leftOut: this.#leftOut });
    this.#lastAt = now;
    this.#leftOut = 0;
  }
}
