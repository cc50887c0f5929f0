/**
 * Unwinds a virtual user that must stop. Scripts cannot catch it: rewritten `catch` and `finally`
 * blocks throw it again.
 */
export class Interruption extends Error {
  override readonly name = 'Interruption';
}

/**
 * A flag for the whole thread that even a busy loop sees: another thread sets it, the loop reads
 * it.
 */
export class StopFlag {
  readonly #cell: Int32Array;

  /**
   * Shares `buffer` (at least 4 bytes) with the thread that raises the flag. Without a buffer, only
   * this thread can raise it.
   */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.#cell = new Int32Array(buffer);
  }

  raise(): void {
    Atomics.store(this.#cell, 0, 1);
  }

  isRaised(): boolean {
    return Atomics.load(this.#cell, 0) === 1;
  }
}
