/** Limits on the opening of a connection. */
export interface LifelineOptions {
  /** For everything up to `opened`. */
  readonly timeoutMs: number;
  /** Aborted by an owner that no longer wants the connection; without effect once it is open. */
  readonly giveUp: AbortSignal | undefined;
}

/**
 * Ends a connection even when its library does not: `signal` destroys the sockets when the opening
 * takes too long, when the owner gives up, and at `cut`. A timeout that only rejects a promise
 * would leave the socket behind.
 */
export class Lifeline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #giveUp: AbortSignal | undefined;
  readonly #givenUp = (): void => this.cut(this.#giveUp?.reason);
  #rejectOpening: (reason: unknown) => void = () => undefined;

  constructor({ timeoutMs, giveUp }: LifelineOptions) {
    this.#giveUp = giveUp;
    this.#timer = setTimeout(() => this.cut(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    giveUp?.addEventListener('abort', this.#givenUp, { once: true });
    if (giveUp?.aborted === true) this.#givenUp();
  }

  /** Passed to everything that opens a socket for the connection. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Resolves with what `open` opens, which then lives until `cut`. Rejects when `open` fails, after
   * cutting, and as soon as the time is over or the owner gives up.
   */
  async opening<T>(open: () => Promise<T>): Promise<T> {
    const late = new Promise<never>((_, reject) => (this.#rejectOpening = reject));
    try {
      this.signal.throwIfAborted();
      const opened = await Promise.race([open(), late]);
      this.#disarm();
      return opened;
    } catch (error) {
      this.cut(error);
      throw this.signal.reason;
    }
  }

  /** Destroys the sockets at once. Idempotent. */
  cut(reason: unknown = new Error('the connection was given up')): void {
    this.#disarm();
    if (this.signal.aborted) return;
    this.#controller.abort(reason);
    this.#rejectOpening(reason);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#giveUp?.removeEventListener('abort', this.#givenUp);
  }
}
