import type { Guard } from './guard.js';

/**
 * One call of an `async` function of the script that may block. Until its first own `await` it runs on behalf of its caller; after that it
 * comes from the event loop, so it needs the turn, and gives it back at each further `await` and at its end.
 */
export class Fiber {
  /** Resolves when the caller may go on. */
  readonly atFirstAwait: Promise<void>;
  readonly #guard: Guard;
  #arrive: () => void = () => undefined;
  #isRunning = true;
  #hasArrived = false;

  constructor(guard: Guard) {
    this.#guard = guard;
    this.atFirstAwait = new Promise((resolve) => (this.#arrive = resolve));
  }

  /** Whether to wait for the turn before going on. */
  get mustWait(): boolean {
    return !this.#isRunning && this.#guard.turns.isHeld;
  }

  turn(): Promise<void> {
    return this.#guard.turns.take();
  }

  /** Round what is awaited or returned: the function goes back to the event loop as soon as that is evaluated. */
  leave<T>(awaited: T): T {
    if (this.#isRunning && this.#hasArrived && this.#guard.turns.isHeld) this.#guard.turns.release();
    this.#isRunning = false;
    this.#hasArrived = true;
    this.#arrive();
    return awaited;
  }

  /** Round an `await`, and at the head of `catch` and `finally`: it goes on, and has waited for the turn if it had to. */
  back<T>(value: T, _turn?: unknown): T {
    this.#isRunning = true;
    this.#guard.waits = false;
    this.#guard.pass();
    return value;
  }

  /** What a `for await` goes over: each step is an `await`. */
  async *steps<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
    this.leave(undefined);
    for await (const item of items) {
      if (this.mustWait) await this.turn();
      yield this.back(item);
      this.leave(undefined);
    }
  }
}
