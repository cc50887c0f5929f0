import type { Clock } from '../../core/clock.js';

/**
 * Short compared with the allowed delay of an interruption or a second's report, long compared with
 * a turn of the event loop (about 1 µs): milliseconds.
 */
const SLICE_MS = 10;

/**
 * Lets the event loop of a thread turn between iterations. Iterations that never wait would follow
 * one another without a turn; no timer would fire and no message arrive, so neither the end of the
 * test nor a stop would take effect. All executors of a thread share one.
 */
export class TimeSlices {
  readonly #clock: Pick<Clock, 'now'>;
  #startMs = 0;
  #turn: Promise<void> | undefined;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /**
   * Undefined while the slice lasts; then a promise that resolves after a turn of the event loop,
   * with which the next slice begins.
   */
  over(): Promise<void> | undefined {
    if (this.#turn !== undefined) return this.#turn;
    return this.#clock.now() - this.#startMs < SLICE_MS ? undefined : this.turn();
  }

  /** Resolves after a turn of the event loop. */
  turn(): Promise<void> {
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined;
        this.#startMs = this.#clock.now();
        resolve();
      });
    });
    return this.#turn;
  }
}
