import type { Guard } from './guard.js';
import type { Interruption } from './interruption.js';

/**
 * Queues the task of an awaited event; must be called once. Undefined means that there is nothing
 * to run.
 */
export type Fulfil = (task?: Task) => void;
/** One turn of a virtual user's event loop. It ends when the script's code in it has returned. */
export type Task = () => unknown;

/**
 * The event loop of one virtual user. Tasks run one after the other, each to completion, even if it
 * blocks. An iteration is over when no task is queued and no turn is reserved.
 */
export class EventLoop {
  readonly #tasks: Task[] = [];
  #reserved = 0;
  #held = 0;
  #wasUsed = false;
  #generation = 0;
  #stopped: Interruption | undefined;
  #wake: () => void = () => undefined;

  readonly #guard: Pick<Guard, 'turns' | 'whenFree'>;

  /** Each task waits until no code of the script holds the turn. */
  constructor(guard: Pick<Guard, 'turns' | 'whenFree'>) {
    this.#guard = guard;
  }

  /**
   * Keeps the iteration alive until the returned function is called, which queues the task. After
   * the iteration has ended, that function does nothing.
   */
  reserve(): Fulfil {
    const generation = this.#generation;
    this.#reserved += 1;
    this.#wasUsed = true;
    let isDone = false;
    return (task) => {
      if (isDone || generation !== this.#generation) return;
      isDone = true;
      this.#reserved -= 1;
      if (task !== undefined) this.#tasks.push(task);
      this.#wake();
    };
  }

  /** Tracks a blocking call: until it ends, the iteration continues and no other task begins. */
  hold(promise: Promise<unknown>): void {
    const generation = this.#generation;
    this.#held += 1;
    const release = (): void => {
      if (generation !== this.#generation) return;
      this.#held -= 1;
      this.#wake();
    };
    promise.then(release, release);
  }

  /**
   * Tells the loop that the script has promises of its own. Their callbacks run before the
   * iteration ends.
   */
  notePromise(): void {
    this.#wasUsed = true;
  }

  /**
   * Runs the task and everything that follows from it. Rejects with the first error that a task
   * throws, or when interrupted.
   */
  async run(first: Task): Promise<void> {
    this.#begin();
    try {
      await this.#turn(first);
      for (;;) {
        const task = this.#held > 0 ? undefined : this.#tasks.shift();
        if (task !== undefined) await this.#turn(task);
        else if (this.#reserved > 0 || this.#held > 0) await this.#nextEvent();
        else if (!this.#wasUsed) return;
        else await this.#letPromisesGoOn();
      }
    } finally {
      this.#end();
    }
  }

  /** Stops waiting for events; `run` then rejects. */
  stop(reason: Interruption): void {
    this.#stopped = reason;
    this.#wake();
  }

  #begin(): void {
    this.#stopped = undefined;
    this.#wasUsed = false;
    this.#reserved = 0;
    this.#held = 0;
    this.#tasks.length = 0;
  }

  #end(): void {
    this.#generation += 1;
    this.#tasks.length = 0;
    this.#reserved = 0;
  }

  async #turn(task: Task): Promise<void> {
    if (this.#guard.turns.isHeld) await this.#guard.whenFree();
    if (this.#stopped !== undefined) throw this.#stopped;
    const ended: unknown = task();
    if (ended instanceof Promise) {
      this.#wasUsed = true;
      await ended;
    }
  }

  async #nextEvent(): Promise<void> {
    if (this.#stopped !== undefined) throw this.#stopped;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (this.#stopped !== undefined) throw this.#stopped;
  }

  /**
   * Promise callbacks are not tasks of this loop. Those that are due run before this resolves, and
   * may reserve turns.
   */
  async #letPromisesGoOn(): Promise<void> {
    this.#wasUsed = false;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
