import type { FunctionNode } from '../syntax.js';
import type { Worklist } from './worklist.js';

/**
 * A node of the constraint graph: the abstract objects that a variable, expression or property may
 * hold. The set only grows.
 */
export class PointsToSet {
  readonly objects = new Set<AbstractObject>();
  readonly worklist: Worklist<AbstractObject>;
  readonly #listeners: ((object: AbstractObject) => void)[] = [];
  readonly #targets = new Set<PointsToSet>();
  readonly #done = new Set<string>();

  constructor(worklist: Worklist<AbstractObject>) {
    this.worklist = worklist;
  }

  add(object: AbstractObject): void {
    if (this.objects.has(object)) return;
    this.objects.add(object);
    for (const listener of this.#listeners) this.worklist.add(listener, object);
  }

  /** Calls `listener` once for each present and future object. */
  onEach(listener: (object: AbstractObject) => void): void {
    this.#listeners.push(listener);
    for (const object of this.objects) this.worklist.add(listener, object);
  }

  /**
   * Whether this key is new to the set; marks it. Makes constraints idempotent, which ends cycles
   * (of prototypes, for example).
   */
  markOnce(key: string): boolean {
    if (this.#done.has(key)) return false;
    this.#done.add(key);
    return true;
  }

  flowTo(target: PointsToSet): void {
    if (target === this || this.#targets.has(target)) return;
    this.#targets.add(target);
    this.onEach((object) => target.add(object));
  }
}

/**
 * `unknown` stands for everything outside the program, `library` for code in the bundle that is not
 * analysed, `primitive` for strings, numbers and the like.
 */
export type ObjectKind =
  'object' | 'list' | 'map' | 'promise' | 'native' | 'unknown' | 'library' | 'primitive' | 'function';

/** An abstract object: all objects that one allocation site of the program creates. */
export class AbstractObject {
  readonly kind: ObjectKind;
  /** The full name of a native object, such as `k6/http.get`, or `#map` for a method. */
  readonly name: string;
  /**
   * The values of all properties, including the elements of lists and the values of maps and
   * promises.
   */
  readonly all: PointsToSet;
  /** Values that were stored under an unknown key. */
  readonly dynamic: PointsToSet;
  readonly prototypes: PointsToSet;
  readonly props = new Map<string, PointsToSet>();
  /** Whether code outside the program may call or read it. */
  hasEscaped = false;
  readonly id: number;
  readonly #worklist: Worklist<AbstractObject>;
  readonly #propListeners: ((name: string, set: PointsToSet) => void)[] = [];

  constructor(kind: ObjectKind, worklist: Worklist<AbstractObject>, name = '') {
    this.kind = kind;
    this.name = name;
    this.id = worklist.nextId();
    this.#worklist = worklist;
    this.all = new PointsToSet(worklist);
    this.dynamic = new PointsToSet(worklist);
    this.prototypes = new PointsToSet(worklist);
    this.dynamic.flowTo(this.all);
  }

  /** Returns the set of the values stored under this name. */
  prop(name: string): PointsToSet {
    const known = this.props.get(name);
    if (known !== undefined) return known;
    const set = new PointsToSet(this.#worklist);
    this.props.set(name, set);
    set.flowTo(this.all);
    for (const listener of this.#propListeners) listener(name, set);
    return set;
  }

  /** Calls `listener` once for each present and future named property. */
  onProp(listener: (name: string, set: PointsToSet) => void): void {
    this.#propListeners.push(listener);
    for (const [name, set] of this.props) listener(name, set);
  }
}

/** A function of the program, or a class: then `node` is its constructor, if it has one. */
export class FunctionObject extends AbstractObject {
  readonly node: FunctionNode | undefined;
  readonly params: PointsToSet[] = [];
  /** All arguments, for `arguments` and rest parameters. */
  readonly arguments: AbstractObject;
  readonly self: PointsToSet;
  readonly returned: PointsToSet;
  /** The result of a call: `returned`, or the promise or list that wraps it. */
  readonly result: PointsToSet;
  readonly superclass: PointsToSet;
  /** The object that `new` creates. */
  readonly instance: AbstractObject;
  readonly isClass: boolean;
  isConstructed = false;

  constructor(worklist: Worklist<AbstractObject>, node: FunctionNode | undefined, isClass = false) {
    super('function', worklist);
    this.node = node;
    this.isClass = isClass;
    this.arguments = new AbstractObject('list', worklist);
    this.self = new PointsToSet(worklist);
    this.returned = new PointsToSet(worklist);
    this.result = new PointsToSet(worklist);
    this.superclass = new PointsToSet(worklist);
    this.instance = new AbstractObject('object', worklist);
    this.prop('prototype').flowTo(this.instance.prototypes);
    this.#wrapResult(worklist);
  }

  /** Returns the set of the parameter at `index`. */
  param(index: number): PointsToSet {
    for (let at = this.params.length; at <= index; at++) this.params.push(new PointsToSet(this.self.worklist));
    return this.params[index] ?? this.arguments.all;
  }

  #wrapResult(worklist: Worklist<AbstractObject>): void {
    if (this.node === undefined || (!this.node.async && !this.node.generator)) {
      this.returned.flowTo(this.result);
      return;
    }
    const wrapper = new AbstractObject(this.node.generator ? 'list' : 'promise', worklist);
    this.returned.onEach((object) => {
      if (object.kind === 'promise') object.all.flowTo(wrapper.dynamic);
      else wrapper.dynamic.add(object);
    });
    this.result.add(wrapper);
  }
}

/** Result of `bind`: the fixed arguments come first. */
export class BoundFunction extends AbstractObject {
  readonly target: AbstractObject;
  readonly self: PointsToSet | undefined;
  readonly fixed: readonly PointsToSet[];

  constructor(worklist: Worklist<AbstractObject>, target: AbstractObject, [self, ...fixed]: readonly PointsToSet[]) {
    super('function', worklist, 'bound');
    this.target = target;
    this.self = self;
    this.fixed = fixed;
  }
}
