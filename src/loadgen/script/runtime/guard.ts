import { Box, box, isThenable, unbox } from './box.js';
import { Interruption, StopFlag } from './interruption.js';

/** A function of the script. The script checks its own arguments. */
export type ScriptFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * The result of a call of the script's code. A promise in it belongs to the script and was not
 * awaited.
 */
export interface Returned {
  readonly value: unknown;
}

const FUEL = 1_000;
/** The number of levels after the event loop has called the script. */
const OUTERMOST = 2;
/**
 * A loop that takes longer than this for its fuel gets less next time, so that a deadline is
 * noticed in time.
 */
const SLOW_MS = 2;
/** Number of awaits between two looks at the clock. */
const LAPS = 50;
/** Maximum time that awaits may follow each other without a turn of the event loop. */
const SLICE_MS = 10;

/**
 * Controls the execution of one virtual user: one blocking call at a time, and an interruption that
 * unwinds all of it. k6's modules wrap each blocking call in `block` and each callback in `call` or
 * `run`. Compiled code uses the other methods.
 */
export class Guard {
  /**
   * Set by each rewritten function on entry and before each wait. It tells the caller that the
   * function may not have finished.
   */
  waits = false;
  /** Loop iterations until the next look at the clock and the stop flag. */
  fuel = FUEL;
  /**
   * Set while an interruption unwinds. Every `catch`, `finally` and promise callback throws it
   * again.
   */
  interruption: Interruption | undefined;

  /** Held from a blocking call until its caller has returned to the event loop. */
  readonly turns = new Turns();

  readonly #stopFlag: StopFlag;
  /**
   * The pending blocking call at each level. A callback that a blocking call runs is one level
   * deeper.
   */
  readonly #levels: (string | undefined)[] = [undefined];
  readonly #cancels = new Set<(reason: Interruption) => void>();
  #deadlineMs = Infinity;
  #grantedFuel = FUEL;
  #fuelledAtMs = 0;
  #laps = LAPS;
  #turnedAtMs = 0;

  constructor(stopFlag: StopFlag = new StopFlag()) {
    this.#stopFlag = stopFlag;
  }

  /**
   * Resets interruption and levels. A busy loop that still runs at `deadlineMs` (of
   * `performance.now()`) is interrupted.
   */
  begin(deadlineMs = Infinity): void {
    this.interruption = undefined;
    this.waits = false;
    this.turns.scatter();
    this.#levels.length = 0;
    this.#levels.push(undefined);
    this.#deadlineMs = deadlineMs;
    this.#grantedFuel = FUEL;
    this.#fuelledAtMs = performance.now();
    this.fuel = FUEL;
  }

  /**
   * Unwinds the virtual user: pending waits reject, and no further blocking call starts. The first
   * reason is kept.
   */
  interrupt(reason = new Interruption('the iteration was interrupted')): void {
    this.interruption ??= reason;
    for (const cancel of this.#cancels) cancel(this.interruption);
    this.#cancels.clear();
    this.turns.scatter();
  }

  /** The name of the pending blocking call at the innermost level. */
  get blockedIn(): string | undefined {
    return this.#levels.at(-1);
  }

  /**
   * Runs a blocking call. A second one while the first is pending is an error that names both: it
   * means that the analysis missed a call. A native function that returns the promise of `block` or
   * `call` must set `waits` last. On interruption the promise rejects immediately. `start` can
   * register a function with `onInterrupt` to release its resources.
   */
  block<T>(name: string, start: (onInterrupt: (cancel: () => void) => void) => Promise<T>): Promise<T> {
    this.waits = true;
    if (this.interruption !== undefined) return Promise.reject(this.interruption);
    const under = this.blockedIn;
    if (under !== undefined) throw secondBlockingCall(name, under);
    const level = this.#levels.length - 1;
    const levels = this.#levels;
    levels[level] = name;
    this.turns.isHeld = true;
    const done = new Promise<T>((resolve, reject) => {
      let letGo: (() => void) | undefined;
      const cancel = (reason: Interruption): void => {
        finish();
        letGo?.();
        reject(reason);
      };
      const finish = (): void => {
        this.#cancels.delete(cancel);
        if (levels[level] === name) levels[level] = undefined;
      };
      this.#cancels.add(cancel);
      start((hook) => (letGo = hook)).then(
        (value) => {
          finish();
          resolve(value);
        },
        (error: unknown) => {
          finish();
          reject(error);
        },
      );
    });
    // A caller that does not await it gets the error from its next blocking call, not as an
    // unhandled rejection.
    done.catch(() => undefined);
    this.waits = true;
    return done;
  }

  /**
   * Calls a function of the script from native code. Returns a promise only if the function blocks.
   */
  call(fn: ScriptFunction, self: unknown, args: readonly unknown[]): Returned | Promise<Returned> {
    const depth = this.#levels.push(undefined);
    this.waits = false;
    let value: unknown;
    try {
      value = fn.apply(self, [...args]);
    } catch (error) {
      this.#levels.length = depth - 1;
      this.#returnToLoop(depth);
      throw error;
    }
    const hasToWait = this.waits;
    this.waits = false;
    if (hasToWait && isThenable(value)) return this.#whenReturned(value, depth);
    this.#leave(depth);
    return { value };
  }

  /**
   * Resolves when no code of the script blocks any more. The event loop awaits this before each
   * event for the script (a timer, a message, the settling of a promise), because k6's event loop
   * would not have reached that event yet.
   */
  async whenFree(): Promise<void> {
    while (this.turns.isHeld) {
      await this.turns.take();
      this.turns.release();
      // Code that waited for this may block again.
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }

  async #whenReturned(value: PromiseLike<unknown>, depth: number): Promise<Returned> {
    try {
      const returned = { value: unbox(await value) };
      this.#leave(depth);
      return returned;
    } finally {
      this.#levels.length = Math.min(this.#levels.length, depth - 1);
      this.#returnToLoop(depth);
    }
  }

  /** Only the outermost call comes from the event loop; the others run inside a blocking call. */
  #returnToLoop(depth: number): void {
    if (depth === OUTERMOST && this.turns.isHeld) this.turns.release();
  }

  #leave(depth: number): void {
    const left = this.#levels[depth - 1];
    this.#levels.length = Math.min(this.#levels.length, depth - 1);
    if (left !== undefined && this.interruption === undefined) throw stillBlocking(left);
  }

  // Called by compiled code.

  /**
   * Called by a loop without fuel: throws if the virtual user must stop, otherwise refills the
   * fuel.
   */
  refuel(): void {
    const now = performance.now();
    if (this.interruption === undefined && (now >= this.#deadlineMs || this.#stopFlag.isRaised())) this.interrupt();
    if (this.interruption !== undefined) throw this.interruption;
    const isSlow = now - this.#fuelledAtMs > SLOW_MS;
    this.#grantedFuel = isSlow ? this.#grantedFuel >> 1 : Math.min(FUEL, this.#grantedFuel + 64);
    this.#fuelledAtMs = now;
    this.fuel = this.#grantedFuel;
  }

  /**
   * Wraps awaited values. Awaits of settled values follow each other without a turn of the event
   * loop; meanwhile no timer fires, no message arrives, and no other virtual user of the thread
   * runs. Therefore such an await sometimes waits for a turn. Throws if the virtual user must stop.
   */
  lap(value: unknown): unknown {
    this.#laps -= 1;
    return this.#laps < 0 ? this.#endLap(value) : value;
  }

  #endLap(value: unknown): unknown {
    if (this.interruption !== undefined) throw this.interruption;
    this.#laps = LAPS;
    if (performance.now() - this.#turnedAtMs < SLICE_MS) return value;
    const turned = new Promise<void>((resolve) => {
      setImmediate(() => {
        this.#turnedAtMs = performance.now();
        resolve();
      });
    });
    // Handles the rejection immediately, so that it is not reported as unhandled.
    return Promise.resolve(value).then(
      (settled) => turned.then(() => settled),
      (reason: unknown) => turned.then(() => Promise.reject(reason)),
    );
  }

  /** Called first in each `catch` and `finally`: rethrows an interruption. */
  pass(): void {
    if (this.interruption !== undefined) throw this.interruption;
  }

  /** Wraps a call that may block, inside the `await`: a promise of the script is boxed. */
  keep(value: unknown): unknown {
    const isOurs = this.waits;
    this.waits = true;
    this.turns.isHeld = true;
    return isOurs || value instanceof Box ? value : box(value);
  }

  /** Wraps the result of a function that may block: promises are boxed. */
  box(value: unknown): unknown {
    return box(value);
  }

  /** Wraps the `await`: returns the value that the script sees. */
  got(value: unknown): unknown {
    this.waits = false;
    if (this.interruption !== undefined) throw this.interruption;
    return unbox(value);
  }
}

function secondBlockingCall(name: string, under: string): Error {
  return new Error(
    `${name} was called while ${under} of the same virtual user was still pending: wsg did not detect that this call blocks. ` +
      'Call the blocking function directly, or through a named function',
  );
}

function stillBlocking(name: string): Error {
  return new Error(`${name} was still pending when its caller had returned: wsg did not detect that this call blocks`);
}

/**
 * Turns among the promise callbacks and async functions of one virtual user. In k6 a blocking call
 * stops all of them. Here, code that blocks holds the turn until it returns to the event loop, and
 * everything that would continue in the meantime waits for it.
 */
export class Turns {
  /** Whether code that blocked has not yet returned to the event loop. */
  isHeld = false;
  #waiting: { readonly goOn: () => void; readonly holds: boolean }[] = [];

  /**
   * Resolves at the caller's turn, which it holds until it calls `release`. First come, first
   * served.
   */
  async take(): Promise<void> {
    if (this.isHeld) await this.#wait(true);
    this.isHeld = true;
  }

  /** Resolves at the caller's turn without holding it, for code that does not block. */
  async pass(): Promise<void> {
    if (this.isHeld) await this.#wait(false);
  }

  /**
   * Returns to the event loop: waiting callers continue, up to the next one that holds the turn.
   */
  release(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      next.goOn();
      if (next.holds) return;
    }
    this.isHeld = false;
  }

  /** Lets all waiting callers continue at once, so that an interruption can unwind them. */
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
