import type { Logger } from '../../core/logger.js';

/** Whether a sink takes what it is offered, and the log lines when that changes. */
export class SinkHealth {
  #failures = 0;
  #reason = 'It has not answered yet.';

  readonly #sink: string;
  readonly #log: Logger;
  readonly #waiting: () => number;

  constructor(sink: string, log: Logger, waiting: () => number) {
    this.#sink = sink;
    this.#log = log;
    this.#waiting = waiting;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the last attempt failed. */
  get reason(): string {
    return this.#reason;
  }

  succeeded(): void {
    if (this.#failures > 0) this.#log.info('sink.back', { sink: this.#sink, failures: this.#failures });
    this.#failures = 0;
  }

  failed(event: string, reason: string): void {
    this.#failures++;
    this.#reason = reason;
    if (this.#failures === 1) this.#log.warn(event, { sink: this.#sink, reason, waiting: this.#waiting() });
  }
}
