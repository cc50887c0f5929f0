/**
 * The solver yields to the event loop after this much time, so that signals are handled. It looks
 * at the clock every `LOOK_EVERY` steps.
 */
const SLICE_MS = 50;
const LOOK_EVERY = 1024;
/** Processed steps that a breadth-first worklist keeps in memory at most. */
const MAX_DONE = 100_000;

/**
 * The solver's worklist of pairs (listener, item). Propagation is iterative, so that long chains of
 * constraints do not deepen the stack.
 */
export class Worklist<T> {
  readonly #isBreadthFirst: boolean;
  #queue: { readonly listener: (item: T) => void; readonly item: T }[] = [];
  /** Index of the next step in breadth-first order; the steps before it are done. */
  #head = 0;

  #added = 0;
  #lastId = 0;

  /**
   * Breadth-first order finds short paths before long ones, in case the budget ends the analysis.
   * It needs more memory.
   */
  constructor(isBreadthFirst = false) {
    this.#isBreadthFirst = isBreadthFirst;
  }

  /** Returns a new number for an abstract object. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  add(listener: (item: T) => void, item: T): void {
    this.#added += 1;
    this.#queue.push({ listener, item });
  }

  /**
   * Propagates until the worklist is empty. Returns false if that takes more than `maxSteps` steps.
   * Yields to the event loop in between.
   */
  async solve(maxSteps: number): Promise<boolean> {
    let sliceEndMs = performance.now() + SLICE_MS;
    for (let steps = 0; this.#added <= maxSteps; steps += 1) {
      const next = this.#isBreadthFirst ? this.#first() : this.#queue.pop();
      if (next === undefined) return true;
      next.listener(next.item);
      if (steps % LOOK_EVERY !== 0 || performance.now() < sliceEndMs) continue;
      await new Promise((resolve) => void setImmediate(resolve));
      sliceEndMs = performance.now() + SLICE_MS;
    }
    this.#queue.length = 0;
    return false;
  }

  #first(): { readonly listener: (item: T) => void; readonly item: T } | undefined {
    if (this.#head > MAX_DONE) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#head += 1;
    return this.#queue[this.#head - 1];
  }
}
