import type { Thing } from './thing.js';

/** A signal is to be heard while a large script is analysed; how often the clock is looked at for that. */
const SLICE_MS = 50;
const LOOK_EVERY = 1024;
/** Deliveries that are done and still in memory. */
const MOST_DONE = 100_000;

/** Delivers things to the listeners of cells, one after the other, so that long chains do not deepen the stack. */
export class Deliveries {
  readonly #isBroad: boolean;
  #queue: { readonly listener: (thing: Thing) => void; readonly thing: Thing }[] = [];
  /** Of the next one, when they are broad; those before are done. */
  #head = 0;

  #made = 0;
  #lastId = 0;

  /** Broad: first come, first served, so that short ways are found before long ones, in case there is no end. Takes more memory. */
  constructor(isBroad = false) {
    this.#isBroad = isBroad;
  }

  /** A number for each thing. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  add(listener: (thing: Thing) => void, thing: Thing): void {
    this.#made += 1;
    this.#queue.push({ listener, thing });
  }

  /** Delivers until nothing moves any more; false if there are more than `most` deliveries to make. The event loop turns meanwhile. */
  async settle(most: number): Promise<boolean> {
    let sliceEndMs = performance.now() + SLICE_MS;
    for (let made = 0; this.#made <= most; made += 1) {
      const next = this.#isBroad ? this.#first() : this.#queue.pop();
      if (next === undefined) return true;
      next.listener(next.thing);
      if (made % LOOK_EVERY !== 0 || performance.now() < sliceEndMs) continue;
      await new Promise((resolve) => void setImmediate(resolve));
      sliceEndMs = performance.now() + SLICE_MS;
    }
    this.#queue.length = 0;
    return false;
  }

  #first(): { readonly listener: (thing: Thing) => void; readonly thing: Thing } | undefined {
    if (this.#head > MOST_DONE) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#head += 1;
    return this.#queue[this.#head - 1];
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
