import type { PointsToSet, AbstractObject } from './points-to-set.js';
import { type Call, type PointsToAnalysis, addEffect, type NativeModel } from './points-to-analysis.js';

export const firstOf = (analysis: PointsToAnalysis, call: Call): PointsToSet => call.args[0] ?? analysis.setOf();

export const giveFirst: NativeModel = (analysis, call) => firstOf(analysis, call).flowTo(call.result);

/** Copies all properties of the objects in `from` to the objects in `to`. */
export function copyProperties(analysis: PointsToAnalysis, from: PointsToSet, to: PointsToSet): void {
  from.onEach((object) => {
    if (!to.markOnce(`copy ${object.id}`)) return;
    if (object.kind === 'unknown') analysis.store(to, undefined, analysis.setOf(analysis.unknown));
    analysis.store(to, undefined, object.dynamic);
    object.onProp((name, set) => name !== '__proto__' && analysis.store(to, name, set));
  });
}

const assign: NativeModel = (analysis, call) => {
  const [target, ...sources] = call.args;
  for (const source of call.spread === undefined ? sources : [...sources, call.spread]) {
    copyProperties(analysis, source, firstOf(analysis, call));
  }
  target?.flowTo(call.result);
};

export const giveList =
  (fill: (analysis: PointsToAnalysis, call: Call, list: PointsToSet) => void): NativeModel =>
  (analysis, call) => {
    const list = analysis.allocate('list');
    fill(analysis, call, list.dynamic);
    call.result.add(list);
  };

const create: NativeModel = (analysis, call) => {
  const object = analysis.allocate('object');
  firstOf(analysis, call).flowTo(object.prototypes);
  if (call.args[1] !== undefined) defineEach(analysis, { ...call, args: [analysis.setOf(object), call.args[1]] });
  call.result.add(object);
};

const setPrototype: NativeModel = (analysis, call) => {
  firstOf(analysis, call).onEach((object) => call.args[1]?.flowTo(object.prototypes));
  giveFirst(analysis, call);
};

/** Defines a property from its descriptor. */
function define(analysis: PointsToAnalysis, call: Call, target: PointsToSet, descriptor: PointsToSet): void {
  const value = analysis.setOf();
  analysis.load(descriptor, 'value', value);
  analysis.store(target, undefined, value);
  const accessors = analysis.setOf();
  analysis.load(descriptor, 'get', accessors);
  analysis.store(target, undefined, analysis.callFromNative(accessors, [], target));
  analysis.load(descriptor, 'set', accessors);
  addEffect(call, 'cannot-wait', 'Object.defineProperty', accessors);
}

const defineProperty: NativeModel = (analysis, call) => {
  const [target, , descriptor] = call.args;
  if (target !== undefined && descriptor !== undefined) define(analysis, call, target, descriptor);
  giveFirst(analysis, call);
};

/** Defines properties from an object of descriptors. */
function defineEach(analysis: PointsToAnalysis, call: Call): void {
  const [target, descriptors] = call.args;
  if (target === undefined || descriptors === undefined) return;
  const descriptor = analysis.setOf();
  analysis.load(descriptors, undefined, descriptor);
  define(analysis, call, target, descriptor);
}

const defineProperties: NativeModel = (analysis, call) => {
  defineEach(analysis, call);
  giveFirst(analysis, call);
};

/** Returns a descriptor of any property of an object. */
function descriptorOf(analysis: PointsToAnalysis, object: AbstractObject): AbstractObject {
  const descriptor = analysis.allocate('object');
  if (object.kind === 'unknown' || object.kind === 'native') descriptor.prop('value').add(analysis.unknown);
  object.all.flowTo(descriptor.prop('value'));
  return descriptor;
}

const giveDescriptor: NativeModel = (analysis, call) =>
  firstOf(analysis, call).onEach((object) => call.result.add(descriptorOf(analysis, object)));

const giveDescriptors: NativeModel = (analysis, call) => {
  const descriptors = analysis.allocate('object');
  firstOf(analysis, call).onEach((object) => descriptors.dynamic.add(descriptorOf(analysis, object)));
  call.result.add(descriptors);
};

const givePrototype: NativeModel = (analysis, call) =>
  firstOf(analysis, call).onEach((object) => {
    if (object.kind === 'unknown' || object.kind === 'native') call.result.add(analysis.unknown);
    object.prototypes.flowTo(call.result);
  });

const writeProperty: NativeModel = (analysis, call) => {
  if (call.args[2] !== undefined) analysis.store(firstOf(analysis, call), undefined, call.args[2]);
};

const fromEntries: NativeModel = (analysis, call) => {
  const object = analysis.allocate('object');
  const pairs = analysis.setOf();
  analysis.elements(firstOf(analysis, call), pairs);
  analysis.load(pairs, '1', object.dynamic);
  call.result.add(object);
};

const reflectGet: NativeModel = (analysis, call) => analysis.load(firstOf(analysis, call), undefined, call.result);

const giveKeys = giveList((analysis, _call, list) => list.add(analysis.primitive));

/**
 * Models of those functions of `Object` and `Reflect` that load and store properties, by full name.
 */
export const OBJECT_FUNCTIONS: ReadonlyMap<string, NativeModel> = new Map([
  ...['freeze', 'seal', 'preventExtensions'].map((name) => [`Object.${name}`, giveFirst] as const),
  ['Object', giveFirst],
  ['Object.assign', assign],
  ['Object.create', create],
  ['Object.setPrototypeOf', setPrototype],
  ['Object.defineProperty', defineProperty],
  ['Object.values', giveList((analysis, call, list) => analysis.load(firstOf(analysis, call), undefined, list))],
  [
    'Object.entries',
    giveList((analysis, call, list) => firstOf(analysis, call).onEach((object) => list.add(analysis.pairOf(object)))),
  ],
  ['Object.keys', giveKeys],
  ['Object.getOwnPropertyNames', giveKeys],
  ['Object.defineProperties', defineProperties],
  ['Object.getOwnPropertyDescriptor', giveDescriptor],
  ['Object.getOwnPropertyDescriptors', giveDescriptors],
  ['Object.getPrototypeOf', givePrototype],
  ['Object.fromEntries', fromEntries],
  ['Reflect.get', reflectGet],
  ['Reflect.set', writeProperty],
  ['Reflect.ownKeys', giveKeys],
  ['Reflect.defineProperty', defineProperty],
  ['Reflect.getOwnPropertyDescriptor', giveDescriptor],
  ['Reflect.getPrototypeOf', givePrototype],
  ['Reflect.setPrototypeOf', setPrototype],
]);
