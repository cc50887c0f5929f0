import { Box, box, isThenable, unbox } from './box.js';
import { Interruption, StopFlag } from './interruption.js';

/** A function of the script; what it is called with is checked by the script, not by us. */
export type ScriptFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * What a call of the script's code returned; a promise in it is the script's own and was not waited
 * for.
 */
export interface Returned {
  readonly value: unknown;
}

const FUEL = 1_000;
/** The number of levels once the event loop has called into the script. */
const OUTERMOST = 2;
/**
 * A loop that used its fuel slower than this gets less of it, so that a deadline is seen in time.
 */
const SLOW_MS = 2;
/** Awaits until the clock is looked at. */
const LAPS = 50;
/** How long awaits may follow one another without a turn of the event loop. */
const SLICE_MS = 10;

/**
 * Watches over one virtual user: one blocking call at a time, and an interruption that unwinds all
 * of it. k6's modules wrap each blocking call in `block` and each callback in `call` or `run`;
 * compiled code uses the rest.
 */
export class Guard {
  /**
   * Set by each rewritten function on entry and before each wait, so that whoever called it knows
   * that it may not be finished.
   */
  waits = false;
  /** What is left until a loop looks at the clock and the stop flag. */
  fuel = FUEL;
  /**
   * Set while an interruption unwinds; every `catch`, `finally` and promise callback throws it
   * again.
   */
  interruption: Interruption | undefined;

  /** Held from a blocking call until whoever made it has returned to the event loop. */
  readonly turns = new Turns();

  readonly #stopFlag: StopFlag;
  /**
   * The blocking call under way at each level; a callback that a blocking call runs is one level
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
   * Forgets an earlier interruption and levels; a busy loop still running at `deadlineMs` (of
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
   * Unwinds the virtual user: what it waits for rejects, and no further blocking call starts. The
   * first reason stays.
   */
  interrupt(reason = new Interruption('the iteration was interrupted')): void {
    this.interruption ??= reason;
    for (const cancel of this.#cancels) cancel(this.interruption);
    this.#cancels.clear();
    this.turns.scatter();
  }

  /** The name of the blocking call under way at the innermost level. */
  get blockedIn(): string | undefined {
    return this.#levels.at(-1);
  }

  /**
   * Runs a blocking call. A second one while the first is under way is an error that names both:
   * the analysis missed a call. A native function that returns a promise to wait for, of this or of
   * `call`, sets `waits` last of all. On interruption it rejects at once; `start` hears of it
   * through `onInterrupt` to let go of what it holds.
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
    // Whoever did not wait for it is told by the next blocking call, not by the process.
    done.catch(() => undefined);
    this.waits = true;
    return done;
  }

  /**
   * Calls a function of the script on behalf of a native one: at once if it does not wait, else a
   * promise of its end.
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
   * Resolves when nothing of the script blocks any more: the event loop waits for it before each
   * event that it hands to the script (a timer, a message, the settling of a promise), as k6's
   * event loop would not have come to it.
   */
  async whenFree(): Promise<void> {
    while (this.turns.isHeld) {
      await this.turns.take();
      this.turns.release();
      // What was waiting for this may block again.
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

  // What compiled code calls.

  /** A loop whose fuel is used up: throws if the virtual user has to stop, else fuels it again. */
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
   * Around what is awaited. Awaits of what is settled follow one another without a turn of the
   * event loop, and then no timer fires, no message arrives and no other virtual user of the thread
   * goes on: now and then such an await waits for a turn. Throws if the virtual user has to stop.
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
    // A rejection has its handler at once, so that nobody takes it for one that was left alone.
    return Promise.resolve(value).then(
      (settled) => turned.then(() => settled),
      (reason: unknown) => turned.then(() => Promise.reject(reason)),
    );
  }

  /** Head of each `catch` and `finally`: an interruption passes through. */
  pass(): void {
    if (this.interruption !== undefined) throw this.interruption;
  }

  /**
   * Around a call that may wait, inside `await`: a promise of the script's own goes through in a
   * box.
   */
  keep(value: unknown): unknown {
    const isOurs = this.waits;
    this.waits = true;
    this.turns.isHeld = true;
    return isOurs || value instanceof Box ? value : box(value);
  }

  /** What a function that may wait returns: its promises in boxes. */
  box(value: unknown): unknown {
    return box(value);
  }

  /** Around the `await`: the value that the script sees. */
  got(value: unknown): unknown {
    this.waits = false;
    if (this.interruption !== undefined) throw this.interruption;
    return unbox(value);
  }
}

function secondBlockingCall(name: string, under: string): Error {
  return new Error(
    `${name} was called while ${under} of the same virtual user was still under way: wsg did not see that this call waits. ` +
      'Call the blocking function directly, or through a named function',
  );
}

function stillBlocking(name: string): Error {
  return new Error(
    `${name} was still under way when the function that called it had returned: wsg did not see that this call waits`,
  );
}

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
