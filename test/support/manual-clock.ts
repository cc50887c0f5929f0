import type { Clock } from '../../src/core/clock.js';

interface Task {
  readonly due: number;
  readonly run: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #time = 0;
  #tasks: Task[] = [];

  #wallStart: number;

  constructor(wallStart = 1_700_000_000_000) {
    this.#wallStart = wallStart;
  }

  now(): number {
    return this.#time;
  }

  wallNow(): number {
    return this.#wallStart + this.#time;
  }

  /** Moves only the wall clock, forward or, with a negative value, back. */
  setWall(byMs: number): void {
    this.#wallStart += byMs;
  }

  schedule(run: () => void, delayMs: number): () => void {
    const task = { due: this.#time + delayMs, run };
    this.#tasks.push(task);
    return () => this.#remove(task);
  }

  /** Number of scheduled tasks. */
  get waiting(): number {
    return this.#tasks.length;
  }

  /** Advances the time and runs the tasks that become due, in their order. */
  advance(byMs: number): void {
    const end = this.#time + byMs;
    for (let task = this.#nextDue(end); task !== undefined; task = this.#nextDue(end)) {
      this.#time = task.due;
      this.#remove(task);
      task.run();
    }
    this.#time = end;
  }

  #nextDue(end: number): Task | undefined {
    const due = this.#tasks.filter((task) => task.due <= end);
    return due.sort((a, b) => a.due - b.due)[0];
  }

  #remove(task: Task): void {
    this.#tasks = this.#tasks.filter((other) => other !== task);
  }
}
