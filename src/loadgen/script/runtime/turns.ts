/**
 * Whose turn it is among the promise callbacks and async functions of one virtual user. In k6 a blocking call stops them all; here, whoever
 * blocks holds the turn until it returns to the event loop, and what would go on meanwhile waits for it.
 */
export class Turns {
  /** Whether something that blocked has not yet returned to the event loop. */
  isHeld = false;
  #waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn, which it holds until it calls `release`. First come, first served. */
  async take(): Promise<void> {
    if (this.isHeld) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.isHeld = true;
  }

  /** Returns to the event loop: the next one goes on. */
  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.isHeld = false;
    else next();
  }

  /** Lets everybody go on at once, to be unwound. */
  scatter(): void {
    const all = this.#waiting;
    this.#waiting = [];
    this.isHeld = false;
    for (const next of all) next();
  }
}
