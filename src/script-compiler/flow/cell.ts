import type { FunctionNode } from '../syntax.js';

/**
 * A signal is to be heard while a large script is analysed; how often the clock is looked at for
 * that.
 */
const SLICE_MS = 50;
const LOOK_EVERY = 1024;
/** Deliveries that are done and still in memory. */
const MOST_DONE = 100_000;

/**
 * Delivers things to the listeners of cells, one after the other, so that long chains do not deepen
 * the stack.
 */
export class Deliveries {
  readonly #isBroad: boolean;
  #queue: { readonly listener: (thing: Thing) => void; readonly thing: Thing }[] = [];
  /** Of the next one, when they are broad; those before are done. */
  #head = 0;

  #made = 0;
  #lastId = 0;

  /**
   * Broad: first come, first served, so that short ways are found before long ones, in case there
   * is no end. Takes more memory.
   */
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

  /**
   * Delivers until nothing moves any more; false if there are more than `most` deliveries to make.
   * The event loop turns meanwhile.
   */
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

/**
 * `unknown` is everything that comes from outside, `library` what is in the bundle and not looked
 * into; `primitive` strings, numbers and the like.
 */
export type ThingKind =
  'object' | 'list' | 'map' | 'promise' | 'native' | 'unknown' | 'library' | 'primitive' | 'function';

/** One abstract value: all objects made at one place of the program. */
export class Thing {
  readonly kind: ThingKind;
  /** For natives, what it is, such as `k6/http.get` or `#map` for a method. */
  readonly name: string;
  /** Everything in any property, also elements of lists, values of maps and of promises. */
  readonly all: Cell;
  /** What was written under a key that is not known. */
  readonly dynamic: Cell;
  readonly protos: Cell;
  readonly props = new Map<string, Cell>();
  /** Whether code outside the program may call or read it. */
  isHandedOver = false;
  readonly id: number;
  readonly #deliveries: Deliveries;
  readonly #propListeners: ((name: string, cell: Cell) => void)[] = [];

  constructor(kind: ThingKind, deliveries: Deliveries, name = '') {
    this.kind = kind;
    this.name = name;
    this.id = deliveries.nextId();
    this.#deliveries = deliveries;
    this.all = new Cell(deliveries);
    this.dynamic = new Cell(deliveries);
    this.protos = new Cell(deliveries);
    this.dynamic.flowTo(this.all);
  }

  /** The cell that a write under this name goes to. */
  prop(name: string): Cell {
    const known = this.props.get(name);
    if (known !== undefined) return known;
    const cell = new Cell(this.#deliveries);
    this.props.set(name, cell);
    cell.flowTo(this.all);
    for (const listener of this.#propListeners) listener(name, cell);
    return cell;
  }

  /** Calls `listener` for each named property, now there or to come. */
  onProp(listener: (name: string, cell: Cell) => void): void {
    this.#propListeners.push(listener);
    for (const [name, cell] of this.props) listener(name, cell);
  }
}

/** A function of the program, or a class: then `node` is its constructor, if it has one. */
export class FunctionThing extends Thing {
  readonly node: FunctionNode | undefined;
  readonly params: Cell[] = [];
  /** All arguments, for `arguments` and rest parameters. */
  readonly arguments: Thing;
  readonly self: Cell;
  readonly returned: Cell;
  /** What a call gives: `returned`, or the promise or list that wraps it. */
  readonly result: Cell;
  readonly superclass: Cell;
  /** What `new` makes. */
  readonly instance: Thing;
  readonly isClass: boolean;
  isConstructed = false;

  constructor(deliveries: Deliveries, node: FunctionNode | undefined, isClass = false) {
    super('function', deliveries);
    this.node = node;
    this.isClass = isClass;
    this.arguments = new Thing('list', deliveries);
    this.self = new Cell(deliveries);
    this.returned = new Cell(deliveries);
    this.result = new Cell(deliveries);
    this.superclass = new Cell(deliveries);
    this.instance = new Thing('object', deliveries);
    this.prop('prototype').flowTo(this.instance.protos);
    this.#wrapResult(deliveries);
  }

  /** The cell of the parameter at `index`. */
  param(index: number): Cell {
    for (let at = this.params.length; at <= index; at++) this.params.push(new Cell(this.self.deliveries));
    return this.params[index] ?? this.arguments.all;
  }

  #wrapResult(deliveries: Deliveries): void {
    if (this.node === undefined || (!this.node.async && !this.node.generator)) {
      this.returned.flowTo(this.result);
      return;
    }
    const wrapper = new Thing(this.node.generator ? 'list' : 'promise', deliveries);
    this.returned.onEach((thing) => {
      if (thing.kind === 'promise') thing.all.flowTo(wrapper.dynamic);
      else wrapper.dynamic.add(thing);
    });
    this.result.add(wrapper);
  }
}

/** `bind` of a function: the arguments that it fixes come first. */
export class BoundThing extends Thing {
  readonly target: Thing;
  readonly self: Cell | undefined;
  readonly fixed: readonly Cell[];

  constructor(deliveries: Deliveries, target: Thing, [self, ...fixed]: readonly Cell[]) {
    super('function', deliveries, 'bound');
    this.target = target;
    this.self = self;
    this.fixed = fixed;
  }
}
