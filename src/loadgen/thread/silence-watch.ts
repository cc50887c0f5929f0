const CHECK_MS = 1000;
/** Longer than any collection of garbage, and than what a script that computes may be forgiven. */
const SILENT_CHECKS = 60;

/**
 * Notices a thread that says nothing any more: one in a native call without end, such as a regular
 * expression that tries all there is, hears no message and no stop flag. Counts checks and not
 * time, so that a suspended process is forgiven.
 */
export class SilenceWatch {
  readonly #silentChecks: number[];
  /** Of each thread. */
  readonly #limits: number[];
  #timer: NodeJS.Timeout | undefined;

  readonly #silent: (index: number, seconds: number) => void;

  /** `silent` is told the index of a thread, once. */
  constructor(threads: number, silent: (index: number, seconds: number) => void, limit = SILENT_CHECKS) {
    this.#silent = silent;
    this.#silentChecks = Array.from({ length: threads }, () => 0);
    this.#limits = Array.from({ length: threads }, () => limit);
  }

  start(): void {
    this.#timer = setInterval(() => this.check(), CHECK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * From now on this thread may be silent for so many seconds more: it does what has a time limit
   * of its own.
   */
  allow(index: number, seconds: number): void {
    this.#limits[index] = (this.#limits[index] ?? 0) + seconds;
  }

  heard(index: number): void {
    this.#silentChecks[index] = 0;
  }

  /** Nothing is expected of this thread any more. */
  ended(index: number): void {
    this.#silentChecks[index] = Number.NEGATIVE_INFINITY;
  }

  /** One second more; what the timer does. */
  check(): void {
    this.#silentChecks.forEach((checks, index) => {
      this.#silentChecks[index] = checks + 1;
      if (checks + 1 === this.#limits[index]) this.#silent(index, ((checks + 1) * CHECK_MS) / 1000);
    });
  }
}
