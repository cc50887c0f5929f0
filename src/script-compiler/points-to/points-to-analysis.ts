import type { Variable } from 'eslint-scope';
import type { FunctionNode, SiteNode, Syntax } from '../syntax.js';
import { PointsToSet, BoundFunction, FunctionObject, AbstractObject } from './points-to-set.js';
import { Worklist } from './worklist.js';

/** A call site, with the functions that it may call and the effects of native callees. */
export interface CallSite {
  readonly node: SiteNode;
  readonly functions: Set<FunctionObject>;
  readonly effects: Effect[];
}

/**
 * A call: the points-to sets of its receiver, arguments and result. `site` is undefined for a call
 * from native code.
 */
export interface Call {
  readonly site: CallSite | undefined;
  readonly self: PointsToSet;
  readonly args: readonly PointsToSet[];
  /** The elements of spread arguments. */
  readonly spread: PointsToSet | undefined;
  readonly result: PointsToSet;
}

/** Models of native code: how a call changes the points-to sets. */
export interface NativeModels {
  /** Whether there is a model of a method with this name for objects of this kind. */
  readonly isMethod: (name: string, kind: AbstractObject['kind']) => boolean;
  /** Whether libraries have no methods of their own with this name. */
  readonly isOnlyNative: (name: string) => boolean;
  /** Whether there is a model of the native function, class or module. */
  readonly hasModel: (name: string) => boolean;
  /**
   * Returns the blocking functions of a k6 module: a member with an unknown name may be any of
   * them.
   */
  readonly blockingMembers: (module: string) => readonly string[];
  readonly apply: (analysis: PointsToAnalysis, object: AbstractObject, call: Call) => void;
  readonly construct: (analysis: PointsToAnalysis, object: AbstractObject, call: Call) => void;
}

/**
 * The constraint graph of a program.
 *
 * Its nodes are points-to sets: one for each variable, expression and property. Its elements are
 * abstract objects, one for each allocation site. The visitor adds the constraints of Andersen's
 * analysis: `add` (an allocation flows into a set), `flowTo` (a set is included in another), `load`
 * and `store` (through a property), and `call` and `construct`, which connect arguments, parameters
 * and results as soon as a function reaches the callee. `worklist.solve` then propagates objects
 * until a fixed point is reached.
 */
export class PointsToAnalysis {
  readonly syntax: Syntax;
  readonly worklist: Worklist<AbstractObject>;
  readonly unknown: AbstractObject;
  /** A single object that stands for everything in libraries that are not analysed. */
  readonly library: AbstractObject;
  readonly primitive: AbstractObject;
  /** Everything that is thrown. */
  readonly thrown: PointsToSet;
  readonly sites = new Map<SiteNode, CallSite>();
  readonly functions = new Map<FunctionNode, FunctionObject>();
  readonly classes = new Set<FunctionObject>();
  readonly #bound = new Map<string, AbstractObject>();
  readonly #pairs = new Set<AbstractObject>();
  readonly #pairOf = new Map<AbstractObject, AbstractObject>();
  readonly #models: NativeModels;
  readonly #natives = new Map<string, AbstractObject>();
  readonly #variables = new Map<Variable, PointsToSet>();

  /**
   * Field-based mode: all objects are merged into one, and so are all lists, maps and promises. A
   * property is then identified by its name alone, and values stored under an unknown key are only
   * seen by loads with an unknown key. This needs a fraction of the work, but misses values that a
   * program passes through unknown keys.
   */
  readonly #isFieldBased: boolean;
  readonly #only = new Map<AbstractObject['kind'], AbstractObject>();

  constructor(syntax: Syntax, natives: NativeModels, isFieldBased = false) {
    this.syntax = syntax;
    this.#models = natives;
    this.#isFieldBased = isFieldBased;
    this.worklist = new Worklist(isFieldBased);
    this.unknown = new AbstractObject('unknown', this.worklist, 'unknown');
    this.library = new AbstractObject('library', this.worklist, 'library');
    this.primitive = new AbstractObject('primitive', this.worklist, 'primitive');
    this.thrown = new PointsToSet(this.worklist);
  }

  setOf(...objects: readonly AbstractObject[]): PointsToSet {
    const set = new PointsToSet(this.worklist);
    for (const object of objects) set.add(object);
    return set;
  }

  variable(variable: Variable): PointsToSet {
    const known = this.#variables.get(variable);
    if (known !== undefined) return known;
    const set = this.setOf();
    this.#variables.set(variable, set);
    return set;
  }

  native(name: string): AbstractObject {
    const known = this.#natives.get(name);
    if (known !== undefined) return known;
    const object = new AbstractObject('native', this.worklist, name);
    this.#natives.set(name, object);
    return object;
  }

  allocate(kind: AbstractObject['kind']): AbstractObject {
    if (!this.#isFieldBased) return new AbstractObject(kind, this.worklist);
    const only = this.#only.get(kind) ?? new AbstractObject(kind, this.worklist);
    this.#only.set(kind, only);
    return only;
  }

  callSite(node: SiteNode): CallSite {
    const known = this.sites.get(node);
    if (known !== undefined) return known;
    const site: CallSite = { node, functions: new Set(), effects: [] };
    this.sites.set(node, site);
    return site;
  }

  /**
   * Load constraint: `into` includes the property `name` of everything in `from`, or any property
   * if `name` is undefined.
   */
  load(from: PointsToSet, name: string | undefined, into: PointsToSet): void {
    from.onEach((object) => this.loadFrom(object, name, into));
  }

  loadFrom(object: AbstractObject, name: string | undefined, into: PointsToSet): void {
    const key = `${object.id} ${name ?? ''}`;
    if (!into.markOnce(key)) return;
    this.#loadOwn(object, name, into);
    object.prototypes.onEach((proto) => this.loadFrom(proto, name, into));
  }

  #loadOwn(object: AbstractObject, name: string | undefined, into: PointsToSet): void {
    if (object instanceof BoundFunction) this.loadFrom(object.target, name, into);
    this.#loadHeld(object, name, into);
    if (object.kind === 'unknown') into.add(this.unknown);
    if (object.kind === 'library') for (const member of this.#membersOfLibrary(name)) into.add(member);
    if (object.kind === 'native') for (const member of this.#membersOf(object, name)) into.add(member);
    else if (name !== undefined && this.#models.isMethod(name, object.kind)) into.add(this.native(`#${name}`));
  }

  #loadHeld(object: AbstractObject, name: string | undefined, into: PointsToSet): void {
    const isMerged = this.#isFieldBased && object.kind === 'object';
    if (name === undefined) (isMerged ? object.dynamic : object.all).flowTo(into);
    else {
      if (!isMerged) object.dynamic.flowTo(into);
      object.prop(name).flowTo(into);
    }
  }

  /**
   * Returns what a native object may have under this name: a function of its own, a method that all
   * such objects have, or both.
   */
  #membersOf({ name: owner }: AbstractObject, name: string | undefined): AbstractObject[] {
    if (name === undefined)
      return [this.unknown, ...this.#models.blockingMembers(owner).map((member) => this.native(member))];
    const full = name === 'default' ? owner : `${owner}.${name}`;
    // Members without a model are unknown. Otherwise a loop over a list would generate ever longer
    // names and never end.
    const own = this.#models.hasModel(full) ? this.native(full) : this.unknown;
    if (this.#models.hasModel(full)) return [own];
    if (name === 'call' || name === 'apply' || name === 'bind') return [this.native(`#${name}`)];
    return this.#models.isMethod(name, 'native') && !owner.startsWith('k6') ? [own, this.native(`#${name}`)] : [own];
  }

  /**
   * The result of a library may be a list, with a list's methods, or an object with its own method
   * of that name.
   */
  #membersOfLibrary(name: string | undefined): AbstractObject[] {
    if (name === undefined || !this.#models.isMethod(name, 'unknown')) return [this.library];
    const method = this.native(`#${name}`);
    return this.#models.isOnlyNative(name) ? [method] : [method, this.native(`${LIBRARY}.${name}`)];
  }

  store(to: PointsToSet, name: string | undefined, from: PointsToSet): void {
    to.onEach((object) => {
      const isOutside = object.kind === 'unknown' || object.kind === 'native' || object.kind === 'library';
      if (isOutside) this.escape(from);
      // All unknown objects are one abstract object. A store with an unknown key would appear in
      // every property of all of them.
      if (name !== undefined) from.flowTo(object.prop(name));
      else if (!isOutside) from.flowTo(object.dynamic);
    });
  }

  /** Adds what an iteration over the objects in `of` yields. */
  elements(of: PointsToSet, into: PointsToSet): void {
    of.onEach((object) => {
      if (!into.markOnce(`elements ${object.id}`)) return;
      if (object.kind === 'unknown' || object.kind === 'native') into.add(this.unknown);
      if (object.kind === 'library') into.add(this.library);
      if (object.kind === 'map') into.add(this.pairOf(object));
      else object.all.flowTo(into);
      if (object.kind === 'object') this.#iterate(object, into);
      object.prototypes.onEach((proto) => this.elements(this.setOf(proto), into));
    });
  }

  /** Adds what a custom iterator yields. */
  #iterate(object: AbstractObject, into: PointsToSet): void {
    const [makers, nexts] = [this.setOf(), this.setOf()];
    this.loadFrom(object, '@@iterator', makers);
    this.loadFrom(object, '@@asyncIterator', makers);
    const iterators = this.callFromNative(makers, [], this.setOf(object));
    this.load(iterators, 'next', nexts);
    const steps = this.callFromNative(nexts, [], iterators);
    this.load(steps, 'value', into);
    steps.onEach((step) => step.kind === 'promise' && this.load(step.all, 'value', into));
  }

  /**
   * Returns the result of `bind` at a call: one object per function, however often it is bound
   * there.
   */
  bound(object: AbstractObject, { site, args }: Call): AbstractObject {
    let target = object;
    while (target instanceof BoundFunction) target = target.target;
    const key = `${target.id} ${site?.node.start ?? ''}`;
    const known = this.#bound.get(key);
    if (known !== undefined) return known;
    const bound = new BoundFunction(this.worklist, object, args);
    this.#bound.set(key, bound);
    return bound;
  }

  /** Returns the `[key, value]` pair of a map or an object. Pairs of pairs are merged. */
  pairOf(object: AbstractObject): AbstractObject {
    if (this.#pairs.has(object)) return object;
    const known = this.#pairOf.get(object);
    if (known !== undefined) return known;
    const pair = this.allocate('list');
    this.#pairs.add(pair);
    this.#pairOf.set(object, pair);
    object.all.flowTo(pair.prop('1'));
    pair.prop('0').add(this.unknown);
    return pair;
  }

  call(callee: PointsToSet, call: Call): void {
    callee.onEach((object) => this.#apply(object, call));
  }

  /** Calls what is in `callee` from native code and returns the points-to set of the result. */
  callFromNative(callee: PointsToSet | undefined, args: readonly PointsToSet[], self = this.setOf()): PointsToSet {
    const result = this.setOf();
    if (callee !== undefined) this.call(callee, { site: undefined, self, args, spread: undefined, result });
    return result;
  }

  construct(callee: PointsToSet, call: Call): void {
    callee.onEach((object) => {
      if (object instanceof FunctionObject) this.#constructFunction(object, call);
      else if (object instanceof BoundFunction) this.construct(this.setOf(object.target), call);
      else this.#models.construct(this, object, call);
    });
  }

  /**
   * Marks the objects as escaped: code outside the program may read them, and may call them with
   * any argument.
   */
  escape(set: PointsToSet): void {
    set.onEach((object) => {
      if (object.hasEscaped || [this.unknown, this.primitive, this.library].includes(object)) return;
      object.hasEscaped = true;
      if (object instanceof FunctionObject) this.#callFromUnknown(object);
      this.escape(object.all);
    });
  }

  #callFromUnknown(object: FunctionObject): void {
    const unknown = this.setOf(this.unknown);
    object.self.add(this.unknown);
    object.arguments.dynamic.add(this.unknown);
    for (let index = 0; index < Math.max(6, object.params.length); index++) unknown.flowTo(object.param(index));
  }

  #apply(object: AbstractObject, call: Call): void {
    if (object instanceof FunctionObject) this.#applyFunction(object, call);
    else if (object instanceof BoundFunction) this.#applyBound(object, call);
    else this.#models.apply(this, object, call);
  }

  #applyFunction(object: FunctionObject, call: Call): void {
    call.site?.functions.add(object);
    call.self.flowTo(object.self);
    this.#passArguments(object, call);
    object.result.flowTo(call.result);
  }

  #passArguments(object: FunctionObject, { args, spread }: Call): void {
    for (const [index, arg] of args.entries()) {
      arg.flowTo(object.param(index));
      arg.flowTo(object.arguments.prop(String(index)));
    }
    if (spread === undefined) return;
    spread.flowTo(object.arguments.dynamic);
    for (let index = 0; index < Math.max(8, object.params.length); index++) spread.flowTo(object.param(index));
  }

  #applyBound(object: BoundFunction, call: Call): void {
    const args = [...object.fixed, ...call.args];
    this.#apply(object.target, { ...call, self: object.self ?? this.setOf(), args });
  }

  #constructFunction(object: FunctionObject, call: Call): void {
    if (!call.result.markOnce(`new ${object.id}`)) return;
    call.site?.functions.add(object);
    object.isConstructed = true;
    object.self.add(object.instance);
    call.result.add(object.instance);
    object.returned.flowTo(call.result);
    this.#passArguments(object, call);
    if (object.node === undefined) this.construct(object.superclass, { ...call, result: object.self });
  }
}

/** The blocking effect of a native function. */
export interface Effect {
  /**
   * `blocks`: it blocks itself. `callback`: it awaits its callback. `sequence` and `promise`: it
   * must be replaced by a form that awaits the callback. `job`: its callback runs later.
   * `cannot-wait`: its callback must not block.
   */
  readonly kind: 'blocks' | 'callback' | 'sequence' | 'promise' | 'job' | 'cannot-wait';
  readonly name: string;
  readonly callbacks: PointsToSet | undefined;
}

/** The name of an effect of a library that is not analysed. */
export const LIBRARY = 'library';

/** A model of a native function: adds the constraints of a call. */
export type NativeModel = (analysis: PointsToAnalysis, call: Call) => void;

/** Records the effect of a call. */
export function addEffect(call: Call, kind: Effect['kind'], name: string, callbacks?: PointsToSet): void {
  call.site?.effects.push({ kind, name, callbacks });
}
