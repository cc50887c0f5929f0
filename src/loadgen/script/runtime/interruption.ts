/**
 * Unwinds a virtual user that has to stop. No script can catch it: rewritten `catch` and `finally`
 * throw it again.
 */
export class Interruption extends Error {
  override readonly name = 'Interruption';
}

/** The thread-wide flag that also a busy loop sees: another thread sets it, the loop reads it. */
export class StopFlag {
  readonly #cell: Int32Array;

  /**
   * Shares `buffer` (4 bytes or more) with the thread that raises the flag; without one, only this
   * thread can.
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
