import type { Clock } from '../../core/clock.js';
import type { Connection } from '../connection/connection.js';

/** Cuts connections that have not closed by their deadline. One timer serves all of them. */
export class CloseDeadlines {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onIgnored: () => void;
  /** Ordered by deadline, because the timeout is the same for all. */
  readonly #deadlines = new Map<Connection, number>();
  #cancel: (() => void) | undefined;

  /** `onIgnored` is called for each connection that is cut. */
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

  /** Removes a connection that has closed. */
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
