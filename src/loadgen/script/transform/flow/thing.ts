import type { FunctionNode } from '../syntax.js';
import { Cell, type Deliveries } from './cell.js';

/** `unknown` is everything that comes from outside, `library` what is in the bundle and not looked into; `primitive` strings, numbers and the like. */
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
