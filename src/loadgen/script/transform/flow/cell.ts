import type { Thing } from './thing.js';

/** Delivers things to the listeners of cells, one after the other, so that long chains do not deepen the stack. */
export class Deliveries {
  readonly #queue: { readonly listener: (thing: Thing) => void; readonly thing: Thing }[] = [];

  #made = 0;
  #lastId = 0;

  /** A number for each thing. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  add(listener: (thing: Thing) => void, thing: Thing): void {
    this.#made += 1;
    this.#queue.push({ listener, thing });
  }

  /** Delivers until nothing moves any more; false if there are more than `most` deliveries to make. */
  settle(most: number): boolean {
    while (this.#made <= most) {
      const next = this.#queue.pop();
      if (next === undefined) return true;
      next.listener(next.thing);
    }
    this.#queue.length = 0;
    return false;
  }
}

/** What a variable, expression or property may hold: a set of things that only grows. */
export class Cell {
  readonly things = new Set<Thing>();
  readonly deliveries: Deliveries;
  readonly #listeners: ((thing: Thing) => void)[] = [];
  readonly #targets = new Set<Cell>();
  readonly #done = new Set<string>();

  constructor(deliveries: Deliveries) {
    this.deliveries = deliveries;
  }

  add(thing: Thing): void {
    if (this.things.has(thing)) return;
    this.things.add(thing);
    for (const listener of this.#listeners) this.deliveries.add(listener, thing);
  }

  /** Calls `listener` once for each thing, now there or to come. */
  onEach(listener: (thing: Thing) => void): void {
    this.#listeners.push(listener);
    for (const thing of this.things) this.deliveries.add(listener, thing);
  }

  /** Whether this is not yet done into this cell; so cycles, of prototypes for one, end. */
  isFirst(done: string): boolean {
    if (this.#done.has(done)) return false;
    this.#done.add(done);
    return true;
  }

  flowTo(target: Cell): void {
    if (target === this || this.#targets.has(target)) return;
    this.#targets.add(target);
    this.onEach((thing) => target.add(thing));
  }
}
