import type { AnyNode } from 'acorn';
import { childrenOf, isType, type NodeOf } from '../syntax.js';
import type { Cell, FunctionThing } from './cell.js';
import type { Flow } from './flow.js';

/** What `this`, `super`, `arguments` and `return` mean at a place. */
export interface Context {
  readonly self: Cell;
  /** The function that `return` and `yield` belong to. */
  readonly fn: FunctionThing | undefined;
  /** The function that `arguments` belongs to: not an arrow. */
  readonly outer: FunctionThing | undefined;
  /** What `super.x` reads from, and what `super()` calls. */
  readonly superObject: Cell;
  readonly superclass: Cell;
}

type Visit = (node: AnyNode, visitor: Visitor) => Cell;

/** Walks a program once and wires its cells; `value` gives the cell of an expression. */
export class Visitor {
  readonly flow: Flow;
  context: Context;
  readonly #visits: ReadonlyMap<string, Visit>;
  readonly #values = new Map<AnyNode, Cell>();

  constructor(flow: Flow, visits: Visits) {
    this.flow = flow;
    this.#visits = visits.byType;
    this.context = {
      self: flow.cell(),
      fn: undefined,
      outer: undefined,
      superObject: flow.cell(),
      superclass: flow.cell(),
    };
  }

  /** Visits the node, at its first call. */
  value(node: AnyNode): Cell {
    const known = this.#values.get(node);
    if (known !== undefined) return known;
    const value = this.#visit(node);
    this.#values.set(node, value);
    return value;
  }

  primitive(): Cell {
    return this.flow.cell(this.flow.primitive);
  }

  #visit(node: AnyNode): Cell {
    const visit = this.#visits.get(node.type);
    if (visit !== undefined) return visit(node, this);
    for (const child of childrenOf(node)) this.value(child);
    return this.flow.cell();
  }

  /** Runs `visit` with `this`, `return` and the like meaning something else. */
  within<T>(context: Partial<Context>, visit: () => T): T {
    const before = this.context;
    this.context = { ...before, ...context };
    const result = visit();
    this.context = before;
    return result;
  }
}

/**
 * How each type of node is visited; a type that is not there has its children visited, and no
 * value.
 */
export class Visits {
  readonly byType = new Map<string, Visit>();

  on<T extends AnyNode['type']>(type: T, visit: (node: NodeOf<T>, visitor: Visitor) => Cell): this {
    this.byType.set(type, (node, visitor) => (isType(node, type) ? visit(node, visitor) : visitor.flow.cell()));
    return this;
  }
}
