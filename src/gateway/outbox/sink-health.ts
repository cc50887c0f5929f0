import type { Logger } from '../../core/logger.js';

/** Whether a sink takes what it is offered, and the log lines when that changes. */
export class SinkHealth {
  #failures = 0;
  #reason = 'It has not answered yet.';

  constructor(
    private readonly sink: string,
    private readonly log: Logger,
    private readonly waiting: () => number,
  ) {}

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the last attempt failed. */
  get reason(): string {
    return this.#reason;
  }

  succeeded(): void {
    if (this.#failures > 0) this.log.info('sink.back', { sink: this.sink, failures: this.#failures });
    this.#failures = 0;
  }

  failed(event: string, reason: string): void {
    this.#failures++;
    this.#reason = reason;
    if (this.#failures === 1) this.log.warn(event, { sink: this.sink, reason, waiting: this.waiting() });
  }
}
