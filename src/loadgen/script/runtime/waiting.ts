import type { Guard } from './guard.js';
import { Box, box, isThenable, unbox } from './box.js';
import { invoke, sequenceFor } from './sequence.js';

/**
 * One call of an `async` function of the script that may block. Until its first own `await` it runs
 * on behalf of its caller. After that it is resumed by the event loop: it needs the turn, and
 * releases it at each further `await` and at its end.
 */
export class Fiber {
  /** Resolves when the caller may continue. */
  readonly atFirstAwait: Promise<void>;
  readonly #guard: Guard;
  #arrive: () => void = () => undefined;
  #isRunning = true;
  #hasArrived = false;

  constructor(guard: Guard) {
    this.#guard = guard;
    this.atFirstAwait = new Promise((resolve) => (this.#arrive = resolve));
  }

  /** Whether it must wait for the turn before it continues. */
  get mustWait(): boolean {
    return !this.#isRunning && this.#guard.turns.isHeld;
  }

  turn(): Promise<void> {
    return this.#guard.turns.take();
  }

  /**
   * Wraps an awaited or returned value: the function returns to the event loop once the value is
   * evaluated.
   */
  leave<T>(awaited: T): T {
    if (this.#isRunning && this.#hasArrived && this.#guard.turns.isHeld) this.#guard.turns.release();
    this.#isRunning = false;
    this.#hasArrived = true;
    this.#arrive();
    return awaited;
  }

  /**
   * Wraps an `await`, and starts each `catch` and `finally`: the function continues, after waiting
   * for the turn if necessary.
   */
  back<T>(value: T, _turn?: unknown): T {
    this.#isRunning = true;
    this.#guard.waits = false;
    this.#guard.pass();
    return value;
  }

  /** Wraps the iterable of a `for await`: each step is an `await`. */
  async *steps<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
    this.leave(undefined);
    for await (const item of items) {
      if (this.mustWait) await this.turn();
      yield this.back(item);
      this.leave(undefined);
    }
  }
}

/** Functions for compiled code where a plain `await` is not enough. One per virtual user. */
export class Waiting {
  readonly #guard: Guard;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  /**
   * `receiver.name(...args)` with a callback that may block: calls of native array, map and set
   * methods become sequential.
   */
  each(receiver: unknown, name: string, ...args: unknown[]): unknown {
    const sequence = sequenceFor(receiver, name);
    if (sequence !== undefined) {
      this.#guard.waits = true;
      const done = sequence({ guard: this.#guard, receiver, args });
      this.#guard.waits = true;
      return done;
    }
    if (receiver === null || receiver === undefined) {
      throw new TypeError(`Cannot read properties of ${String(receiver)} (reading '${name}')`);
    }
    const method: unknown = Reflect.get(Object(receiver), name, receiver);
    if (typeof method !== 'function') throw new TypeError(`${name} is not a function`);
    return Reflect.apply(method, receiver, args);
  }

  /**
   * `new Promise(executor)` with an executor that may block: the promise exists once the executor
   * has returned.
   */
  async promise(
    executor: (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => unknown,
  ): Promise<unknown> {
    this.#guard.waits = true;
    const settle: { resolve: (value: unknown) => void; reject: (reason: unknown) => void }[] = [];
    const promise = new Promise((resolve, reject) => settle.push({ resolve, reject }));
    const { resolve, reject } = settle[0] ?? { resolve: () => undefined, reject: () => undefined };
    try {
      await invoke(this.#guard, () => executor(resolve, reject));
    } catch (error) {
      this.#guard.pass();
      reject(error);
    }
    return new Box(promise);
  }

  /**
   * A callback for `then`, `catch` or `finally`. It waits for its turn, may block, and does not see
   * an interruption.
   */
  job(callback: unknown): unknown {
    if (typeof callback !== 'function') return callback;
    const guard = this.#guard;
    const run = (args: unknown[]): unknown => {
      guard.pass();
      guard.waits = false;
      const value: unknown = Reflect.apply(callback, undefined, args);
      const hasToWait = guard.waits;
      guard.waits = false;
      return hasToWait && isThenable(value) ? this.#releasing(value) : value;
    };
    return (...args: unknown[]) => (guard.turns.isHeld ? this.#inTurn(() => run(args)) : run(args));
  }

  async #inTurn(run: () => unknown): Promise<unknown> {
    const { turns } = this.#guard;
    await turns.take();
    let value: unknown;
    try {
      value = run();
    } catch (error) {
      turns.release();
      throw error;
    }
    if (!this.#isReleasing(value)) turns.release();
    return value;
  }

  readonly #toRelease = new WeakSet<object>();

  #isReleasing(value: unknown): boolean {
    return typeof value === 'object' && value !== null && this.#toRelease.has(value);
  }

  /** Awaits the result of a callback that blocked, and releases the turn when it has returned. */
  #releasing(value: PromiseLike<unknown>): Promise<unknown> {
    const release = (): void => {
      if (this.#guard.turns.isHeld) this.#guard.turns.release();
    };
    const returned = Promise.resolve(value).finally(release).then(unbox);
    this.#toRelease.add(returned);
    return returned;
  }

  /**
   * Runs the body of an `async` function of the script that may block. Resolves at its first own
   * `await` with a box that contains the script's promise.
   */
  async detach(body: (fiber: Fiber) => Promise<unknown>): Promise<Box> {
    const fiber = new Fiber(this.#guard);
    const promise = body(fiber);
    const end = (): unknown => fiber.leave(undefined);
    promise.then(end, end);
    this.#guard.waits = true;
    // The caller is waiting as well, and continues first.
    this.#guard.turns.isHeld = true;
    await fiber.atFirstAwait;
    return new Box(promise);
  }

  /**
   * Wraps an `await` in a function that does not block: returns the value, after `ready` if some
   * code blocks at that moment.
   */
  after<T>(value: T, _ready?: unknown): T {
    return value;
  }

  /** Resolves when nothing blocks. */
  ready(): Promise<void> {
    return this.#guard.turns.pass();
  }

  /**
   * Runs the body of a constructor that blocks. Returns the object, unless the body returns another
   * one.
   */
  async construct(self: unknown, body: () => Promise<unknown>): Promise<unknown> {
    this.#guard.waits = true;
    const returned = unbox(await body());
    const isObject = (typeof returned === 'object' && returned !== null) || typeof returned === 'function';
    return box(isObject || self === undefined ? returned : self);
  }
}
