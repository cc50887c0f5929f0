/**
 * Whose turn it is among the promise callbacks and async functions of one virtual user. In k6 a
 * blocking call stops them all; here, whoever blocks holds the turn until it returns to the event
 * loop, and what would go on meanwhile waits for it.
 */
export class Turns {
  /** Whether something that blocked has not yet returned to the event loop. */
  isHeld = false;
  #waiting: { readonly goOn: () => void; readonly holds: boolean }[] = [];

  /**
   * Resolves when it is the caller's turn, which it holds until it calls `release`. First come,
   * first served.
   */
  async take(): Promise<void> {
    if (this.isHeld) await this.#wait(true);
    this.isHeld = true;
  }

  /** Resolves at the caller's turn without holding it: for what does not block. */
  async pass(): Promise<void> {
    if (this.isHeld) await this.#wait(false);
  }

  /** Returns to the event loop: all go on up to the next one that holds the turn. */
  release(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      next.goOn();
      if (next.holds) return;
    }
    this.isHeld = false;
  }

  /** Lets everybody go on at once, to be unwound. */
  scatter(): void {
    const all = this.#waiting;
    this.#waiting = [];
    this.isHeld = false;
    for (const { goOn } of all) goOn();
  }

  #wait(holds: boolean): Promise<void> {
    return new Promise((goOn) => this.#waiting.push({ goOn, holds }));
  }
}
