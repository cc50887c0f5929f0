import type { Clock } from '../../core/clock.js';
import type { Connection } from '../connection/connection.js';

/**
 * Cuts connections that have not ended so long after they were asked to. One timer for all of them.
 */
export class CloseDeadlines {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onIgnored: () => void;
  /** By deadline, because all wait for the same time. */
  readonly #deadlines = new Map<Connection, number>();
  #cancel: (() => void) | undefined;

  /** `onIgnored` is called for each connection that had to be cut. */
  constructor(clock: Clock, timeoutMs: number, onIgnored: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onIgnored = onIgnored;
  }

  add(connection: Connection): void {
    if (this.#deadlines.has(connection)) return;
    this.#deadlines.set(connection, this.#clock.now() + this.#timeoutMs);
    this.#cancel ??= this.#clock.schedule(() => this.#check(), this.#timeoutMs);
  }

  /** The connection has ended. */
  remove(connection: Connection): void {
    if (!this.#deadlines.delete(connection) || this.#deadlines.size > 0) return;
    this.stop();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#deadlines.clear();
  }

  #check(): void {
    this.#cancel = undefined;
    const now = this.#clock.now();
    for (const [connection, deadline] of this.#deadlines) {
      // A timer may fire up to a millisecond early.
      if (deadline - now > 1) {
        this.#cancel ??= this.#clock.schedule(() => this.#check(), deadline - now);
        return;
      }
      this.#deadlines.delete(connection);
      this.#onIgnored();
      connection.socket.terminate();
    }
  }
}
