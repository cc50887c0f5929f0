import type { Variable } from 'eslint-scope';
import type { FunctionNode, SiteNode, Syntax } from '../syntax.js';
import { Cell, Deliveries, BoundThing, FunctionThing, Thing } from './cell.js';

/** Everything that a call may call. */
export interface Site {
  readonly node: SiteNode;
  readonly functions: Set<FunctionThing>;
  readonly effects: Effect[];
}

/** One call as the analysis sees it. */
export interface Call {
  readonly site: Site | undefined;
  readonly self: Cell;
  readonly args: readonly Cell[];
  /** What is spread into the arguments. */
  readonly spread: Cell | undefined;
  readonly result: Cell;
}

/** Knowledge of code that is not of the program: what its calls do to the flow. */
export interface Natives {
  /** Whether a method of this name of such a thing has a model. */
  readonly isMethod: (name: string, kind: Thing['kind']) => boolean;
  /** Methods that libraries do not make their own of. */
  readonly isOnlyNative: (name: string) => boolean;
  /** Whether it is known what the native function, class or module of this name does. */
  readonly hasModel: (name: string) => boolean;
  /** Functions of a module of k6 that may wait: what a member whose name is not known may be. */
  readonly blockingMembers: (module: string) => readonly string[];
  readonly apply: (flow: Flow, thing: Thing, call: Call) => void;
  readonly construct: (flow: Flow, thing: Thing, call: Call) => void;
}

/** What may be where in a program: cells, the things in them, and who calls whom. */
export class Flow {
  readonly syntax: Syntax;
  readonly deliveries: Deliveries;
  readonly unknown: Thing;
  /** Everything of a library that is not looked into. */
  readonly library: Thing;
  readonly primitive: Thing;
  /** Everything that is thrown. */
  readonly thrown: Cell;
  readonly sites = new Map<SiteNode, Site>();
  readonly functions = new Map<FunctionNode, FunctionThing>();
  readonly classes = new Set<FunctionThing>();
  readonly #bound = new Map<string, Thing>();
  readonly #pairs = new Set<Thing>();
  readonly #pairOf = new Map<Thing, Thing>();
  readonly #models: Natives;
  readonly #natives = new Map<string, Thing>();
  readonly #variables = new Map<Variable, Cell>();

  /**
   * Coarse: all objects are one here, all lists, all maps and all promises, so that a property is
   * told by its name alone, and what was written under a key that is not known is only read under
   * one. Takes a fraction of the work, and may miss what a program hides behind such keys.
   */
  readonly #isCoarse: boolean;
  readonly #only = new Map<Thing['kind'], Thing>();

  constructor(syntax: Syntax, natives: Natives, isCoarse = false) {
    this.syntax = syntax;
    this.#models = natives;
    this.#isCoarse = isCoarse;
    this.deliveries = new Deliveries(isCoarse);
    this.unknown = new Thing('unknown', this.deliveries, 'unknown');
    this.library = new Thing('library', this.deliveries, 'library');
    this.primitive = new Thing('primitive', this.deliveries, 'primitive');
    this.thrown = new Cell(this.deliveries);
  }

  cell(...things: readonly Thing[]): Cell {
    const cell = new Cell(this.deliveries);
    for (const thing of things) cell.add(thing);
    return cell;
  }

  variable(variable: Variable): Cell {
    const known = this.#variables.get(variable);
    if (known !== undefined) return known;
    const cell = this.cell();
    this.#variables.set(variable, cell);
    return cell;
  }

  native(name: string): Thing {
    const known = this.#natives.get(name);
    if (known !== undefined) return known;
    const thing = new Thing('native', this.deliveries, name);
    this.#natives.set(name, thing);
    return thing;
  }

  thing(kind: Thing['kind']): Thing {
    if (!this.#isCoarse) return new Thing(kind, this.deliveries);
    const only = this.#only.get(kind) ?? new Thing(kind, this.deliveries);
    this.#only.set(kind, only);
    return only;
  }

  site(node: SiteNode): Site {
    const known = this.sites.get(node);
    if (known !== undefined) return known;
    const site: Site = { node, functions: new Set(), effects: [] };
    this.sites.set(node, site);
    return site;
  }

  /** Reads a property, or any one if its name is not known. */
  read(from: Cell, name: string | undefined, into: Cell): void {
    from.onEach((thing) => this.readThing(thing, name, into));
  }

  readThing(thing: Thing, name: string | undefined, into: Cell): void {
    const key = `${thing.id} ${name ?? ''}`;
    if (!into.isFirst(key)) return;
    this.#readOwn(thing, name, into);
    thing.protos.onEach((proto) => this.readThing(proto, name, into));
  }

  #readOwn(thing: Thing, name: string | undefined, into: Cell): void {
    if (thing instanceof BoundThing) this.readThing(thing.target, name, into);
    this.#readHeld(thing, name, into);
    if (thing.kind === 'unknown') into.add(this.unknown);
    if (thing.kind === 'library') for (const member of this.#membersOfLibrary(name)) into.add(member);
    if (thing.kind === 'native') for (const member of this.#membersOf(thing, name)) into.add(member);
    else if (name !== undefined && this.#models.isMethod(name, thing.kind)) into.add(this.native(`#${name}`));
  }

  #readHeld(thing: Thing, name: string | undefined, into: Cell): void {
    const isByNameAlone = this.#isCoarse && thing.kind === 'object';
    if (name === undefined) (isByNameAlone ? thing.dynamic : thing.all).flowTo(into);
    else {
      if (!isByNameAlone) thing.dynamic.flowTo(into);
      thing.prop(name).flowTo(into);
    }
  }

  /**
   * What a native object may have under this name: a function of its own, a method of all such
   * objects, or either.
   */
  #membersOf({ name: owner }: Thing, name: string | undefined): Thing[] {
    if (name === undefined)
      return [this.unknown, ...this.#models.blockingMembers(owner).map((member) => this.native(member))];
    const full = name === 'default' ? owner : `${owner}.${name}`;
    // What has no model is unknown: names that grow with each step through a list would never end.
    const own = this.#models.hasModel(full) ? this.native(full) : this.unknown;
    if (this.#models.hasModel(full)) return [own];
    if (name === 'call' || name === 'apply' || name === 'bind') return [this.native(`#${name}`)];
    return this.#models.isMethod(name, 'native') && !owner.startsWith('k6') ? [own, this.native(`#${name}`)] : [own];
  }

  /**
   * What a library gives may be a list, with a list's methods; or an object of its own with one of
   * that name.
   */
  #membersOfLibrary(name: string | undefined): Thing[] {
    if (name === undefined || !this.#models.isMethod(name, 'unknown')) return [this.library];
    const method = this.native(`#${name}`);
    return this.#models.isOnlyNative(name) ? [method] : [method, this.native(`${LIBRARY}.${name}`)];
  }

  write(to: Cell, name: string | undefined, from: Cell): void {
    to.onEach((thing) => {
      const isOutside = thing.kind === 'unknown' || thing.kind === 'native' || thing.kind === 'library';
      if (isOutside) this.handOver(from);
      // All objects from outside are one here: what one of them holds under any key would be in
      // every property of all.
      if (name !== undefined) from.flowTo(thing.prop(name));
      else if (!isOutside) from.flowTo(thing.dynamic);
    });
  }

  /** What an iteration over it gives. */
  elements(of: Cell, into: Cell): void {
    of.onEach((thing) => {
      if (!into.isFirst(`elements ${thing.id}`)) return;
      if (thing.kind === 'unknown' || thing.kind === 'native') into.add(this.unknown);
      if (thing.kind === 'library') into.add(this.library);
      if (thing.kind === 'map') into.add(this.pairOf(thing));
      else thing.all.flowTo(into);
      if (thing.kind === 'object') this.#iterate(thing, into);
      thing.protos.onEach((proto) => this.elements(this.cell(proto), into));
    });
  }

  /** What an object with an iterator of its own gives. */
  #iterate(thing: Thing, into: Cell): void {
    const [makers, nexts] = [this.cell(), this.cell()];
    this.readThing(thing, '@@iterator', makers);
    this.readThing(thing, '@@asyncIterator', makers);
    const iterators = this.callBack(makers, [], this.cell(thing));
    this.read(iterators, 'next', nexts);
    const steps = this.callBack(nexts, [], iterators);
    this.read(steps, 'value', into);
    steps.onEach((step) => step.kind === 'promise' && this.read(step.all, 'value', into));
  }

  /** What `bind` gives at a call: one thing for each function, however often it is bound there. */
  bound(thing: Thing, { site, args }: Call): Thing {
    let target = thing;
    while (target instanceof BoundThing) target = target.target;
    const key = `${target.id} ${site?.node.start ?? ''}`;
    const known = this.#bound.get(key);
    if (known !== undefined) return known;
    const bound = new BoundThing(this.deliveries, thing, args);
    this.#bound.set(key, bound);
    return bound;
  }

  /** A `[key, value]` of a map or an object; pairs of pairs are not told apart. */
  pairOf(thing: Thing): Thing {
    if (this.#pairs.has(thing)) return thing;
    const known = this.#pairOf.get(thing);
    if (known !== undefined) return known;
    const pair = this.thing('list');
    this.#pairs.add(pair);
    this.#pairOf.set(thing, pair);
    thing.all.flowTo(pair.prop('1'));
    pair.prop('0').add(this.unknown);
    return pair;
  }

  call(callee: Cell, call: Call): void {
    callee.onEach((thing) => this.#apply(thing, call));
  }

  /** Calls what is in `callee` from native code; gives the cell of the result. */
  callBack(callee: Cell | undefined, args: readonly Cell[], self = this.cell()): Cell {
    const result = this.cell();
    if (callee !== undefined) this.call(callee, { site: undefined, self, args, spread: undefined, result });
    return result;
  }

  construct(callee: Cell, call: Call): void {
    callee.onEach((thing) => {
      if (thing instanceof FunctionThing) this.#constructFunction(thing, call);
      else if (thing instanceof BoundThing) this.construct(this.cell(thing.target), call);
      else this.#models.construct(this, thing, call);
    });
  }

  /** Native code may call it with anything, and read it. */
  handOver(cell: Cell): void {
    cell.onEach((thing) => {
      if (thing.isHandedOver || [this.unknown, this.primitive, this.library].includes(thing)) return;
      thing.isHandedOver = true;
      if (thing instanceof FunctionThing) this.#callFromOutside(thing);
      this.handOver(thing.all);
    });
  }

  #callFromOutside(thing: FunctionThing): void {
    const unknown = this.cell(this.unknown);
    thing.self.add(this.unknown);
    thing.arguments.dynamic.add(this.unknown);
    for (let index = 0; index < Math.max(6, thing.params.length); index++) unknown.flowTo(thing.param(index));
  }

  #apply(thing: Thing, call: Call): void {
    if (thing instanceof FunctionThing) this.#applyFunction(thing, call);
    else if (thing instanceof BoundThing) this.#applyBound(thing, call);
    else this.#models.apply(this, thing, call);
  }

  #applyFunction(thing: FunctionThing, call: Call): void {
    call.site?.functions.add(thing);
    call.self.flowTo(thing.self);
    this.#passArguments(thing, call);
    thing.result.flowTo(call.result);
  }

  #passArguments(thing: FunctionThing, { args, spread }: Call): void {
    for (const [index, arg] of args.entries()) {
      arg.flowTo(thing.param(index));
      arg.flowTo(thing.arguments.prop(String(index)));
    }
    if (spread === undefined) return;
    spread.flowTo(thing.arguments.dynamic);
    for (let index = 0; index < Math.max(8, thing.params.length); index++) spread.flowTo(thing.param(index));
  }

  #applyBound(thing: BoundThing, call: Call): void {
    const args = [...thing.fixed, ...call.args];
    this.#apply(thing.target, { ...call, self: thing.self ?? this.cell(), args });
  }

  #constructFunction(thing: FunctionThing, call: Call): void {
    if (!call.result.isFirst(`new ${thing.id}`)) return;
    call.site?.functions.add(thing);
    thing.isConstructed = true;
    thing.self.add(thing.instance);
    call.result.add(thing.instance);
    thing.returned.flowTo(call.result);
    this.#passArguments(thing, call);
    if (thing.node === undefined) this.construct(thing.superclass, { ...call, result: thing.self });
  }
}

/** How a call through native code may wait. */
export interface Effect {
  /**
   * `blocks`: it waits itself. `callback`: its callback is waited for. The others need another
   * form, or cannot be.
   */
  readonly kind: 'blocks' | 'callback' | 'sequence' | 'promise' | 'job' | 'cannot-wait';
  readonly name: string;
  readonly callbacks: Cell | undefined;
}

/** The name of an effect of a library that was not looked into. */
export const LIBRARY = 'library';

/** What a call of native code does to the flow. */
export type NativeModel = (flow: Flow, call: Call) => void;

/** Notes how the call may wait. */
export function addEffect(call: Call, kind: Effect['kind'], name: string, callbacks?: Cell): void {
  call.site?.effects.push({ kind, name, callbacks });
}
