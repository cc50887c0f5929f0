import type { AnyNode } from 'acorn';
import { childrenOf, isType, type NodeOf } from '../syntax.js';
import type { PointsToSet, FunctionObject } from './points-to-set.js';
import type { PointsToAnalysis } from './points-to-analysis.js';

/** The meaning of `this`, `super`, `arguments` and `return` at a place in the program. */
export interface VisitorScope {
  readonly self: PointsToSet;
  /** The function that `return` and `yield` belong to. */
  readonly fn: FunctionObject | undefined;
  /** The function that `arguments` belongs to; never an arrow function. */
  readonly outer: FunctionObject | undefined;
  /** The set that `super.x` loads from, and the one that `super()` calls. */
  readonly superObject: PointsToSet;
  readonly superclass: PointsToSet;
}

type Visit = (node: AnyNode, visitor: Visitor) => PointsToSet;

/** Walks the program once and adds the constraints of each node. */
export class Visitor {
  readonly analysis: PointsToAnalysis;
  scope: VisitorScope;
  readonly #visits: ReadonlyMap<string, Visit>;
  readonly #values = new Map<AnyNode, PointsToSet>();

  constructor(analysis: PointsToAnalysis, visits: Visits) {
    this.analysis = analysis;
    this.#visits = visits.byType;
    this.scope = {
      self: analysis.setOf(),
      fn: undefined,
      outer: undefined,
      superObject: analysis.setOf(),
      superclass: analysis.setOf(),
    };
  }

  /** Returns the points-to set of an expression. Visits the node at the first call. */
  value(node: AnyNode): PointsToSet {
    const known = this.#values.get(node);
    if (known !== undefined) return known;
    const value = this.#visit(node);
    this.#values.set(node, value);
    return value;
  }

  primitive(): PointsToSet {
    return this.analysis.setOf(this.analysis.primitive);
  }

  #visit(node: AnyNode): PointsToSet {
    const visit = this.#visits.get(node.type);
    if (visit !== undefined) return visit(node, this);
    for (const child of childrenOf(node)) this.value(child);
    return this.analysis.setOf();
  }

  /** Runs `visit` with a different meaning of `this`, `return` and so on. */
  within<T>(context: Partial<VisitorScope>, visit: () => T): T {
    const before = this.scope;
    this.scope = { ...before, ...context };
    const result = visit();
    this.scope = before;
    return result;
  }
}

/**
 * A table from node type to visit function. Nodes of other types only have their children visited,
 * and no value.
 */
export class Visits {
  readonly byType = new Map<string, Visit>();

  on<T extends AnyNode['type']>(type: T, visit: (node: NodeOf<T>, visitor: Visitor) => PointsToSet): this {
    this.byType.set(type, (node, visitor) => (isType(node, type) ? visit(node, visitor) : visitor.analysis.setOf()));
    return this;
  }
}
