import type { Cell, Thing } from './cell.js';
import { type Call, type Flow, addEffect, type NativeModel } from './flow.js';

export const firstOf = (flow: Flow, call: Call): Cell => call.args[0] ?? flow.cell();

export const giveFirst: NativeModel = (flow, call) => firstOf(flow, call).flowTo(call.result);

/** Copies each named property of what is in `from` to what is in `to`. */
export function copyProperties(flow: Flow, from: Cell, to: Cell): void {
  from.onEach((thing) => {
    if (!to.isFirst(`copy ${thing.id}`)) return;
    if (thing.kind === 'unknown') flow.write(to, undefined, flow.cell(flow.unknown));
    flow.write(to, undefined, thing.dynamic);
    thing.onProp((name, cell) => name !== '__proto__' && flow.write(to, name, cell));
  });
}

const assign: NativeModel = (flow, call) => {
  const [target, ...sources] = call.args;
  for (const source of call.spread === undefined ? sources : [...sources, call.spread]) {
    copyProperties(flow, source, firstOf(flow, call));
  }
  target?.flowTo(call.result);
};

export const giveList =
  (fill: (flow: Flow, call: Call, list: Cell) => void): NativeModel =>
  (flow, call) => {
    const list = flow.thing('list');
    fill(flow, call, list.dynamic);
    call.result.add(list);
  };

const create: NativeModel = (flow, call) => {
  const thing = flow.thing('object');
  firstOf(flow, call).flowTo(thing.protos);
  if (call.args[1] !== undefined) defineEach(flow, { ...call, args: [flow.cell(thing), call.args[1]] });
  call.result.add(thing);
};

const setPrototype: NativeModel = (flow, call) => {
  firstOf(flow, call).onEach((thing) => call.args[1]?.flowTo(thing.protos));
  giveFirst(flow, call);
};

/** One property from its descriptor. */
function define(flow: Flow, call: Call, target: Cell, descriptor: Cell): void {
  const value = flow.cell();
  flow.read(descriptor, 'value', value);
  flow.write(target, undefined, value);
  const accessors = flow.cell();
  flow.read(descriptor, 'get', accessors);
  flow.write(target, undefined, flow.callBack(accessors, [], target));
  flow.read(descriptor, 'set', accessors);
  addEffect(call, 'cannot-wait', 'Object.defineProperty', accessors);
}

const defineProperty: NativeModel = (flow, call) => {
  const [target, , descriptor] = call.args;
  if (target !== undefined && descriptor !== undefined) define(flow, call, target, descriptor);
  giveFirst(flow, call);
};

/** Properties from an object of descriptors. */
function defineEach(flow: Flow, call: Call): void {
  const [target, descriptors] = call.args;
  if (target === undefined || descriptors === undefined) return;
  const descriptor = flow.cell();
  flow.read(descriptors, undefined, descriptor);
  define(flow, call, target, descriptor);
}

const defineProperties: NativeModel = (flow, call) => {
  defineEach(flow, call);
  giveFirst(flow, call);
};

/** A descriptor of any property of a thing. */
function descriptorOf(flow: Flow, thing: Thing): Thing {
  const descriptor = flow.thing('object');
  if (thing.kind === 'unknown' || thing.kind === 'native') descriptor.prop('value').add(flow.unknown);
  thing.all.flowTo(descriptor.prop('value'));
  return descriptor;
}

const giveDescriptor: NativeModel = (flow, call) =>
  firstOf(flow, call).onEach((thing) => call.result.add(descriptorOf(flow, thing)));

const giveDescriptors: NativeModel = (flow, call) => {
  const descriptors = flow.thing('object');
  firstOf(flow, call).onEach((thing) => descriptors.dynamic.add(descriptorOf(flow, thing)));
  call.result.add(descriptors);
};

const givePrototype: NativeModel = (flow, call) =>
  firstOf(flow, call).onEach((thing) => {
    if (thing.kind === 'unknown' || thing.kind === 'native') call.result.add(flow.unknown);
    thing.protos.flowTo(call.result);
  });

const writeProperty: NativeModel = (flow, call) => {
  if (call.args[2] !== undefined) flow.write(firstOf(flow, call), undefined, call.args[2]);
};

const fromEntries: NativeModel = (flow, call) => {
  const thing = flow.thing('object');
  const pairs = flow.cell();
  flow.elements(firstOf(flow, call), pairs);
  flow.read(pairs, '1', thing.dynamic);
  call.result.add(thing);
};

const reflectGet: NativeModel = (flow, call) => flow.read(firstOf(flow, call), undefined, call.result);

const giveKeys = giveList((flow, _call, list) => list.add(flow.primitive));

/**
 * What functions of `Object` and `Reflect` do that read and write properties, by their full name.
 */
export const OBJECT_FUNCTIONS: ReadonlyMap<string, NativeModel> = new Map([
  ...['freeze', 'seal', 'preventExtensions'].map((name) => [`Object.${name}`, giveFirst] as const),
  ['Object', giveFirst],
  ['Object.assign', assign],
  ['Object.create', create],
  ['Object.setPrototypeOf', setPrototype],
  ['Object.defineProperty', defineProperty],
  ['Object.values', giveList((flow, call, list) => flow.read(firstOf(flow, call), undefined, list))],
  [
    'Object.entries',
    giveList((flow, call, list) => firstOf(flow, call).onEach((thing) => list.add(flow.pairOf(thing)))),
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
