import { K6_CONSTRUCTORS, K6_FUNCTIONS } from './k6-natives.js';
import { firstOf, giveFirst, giveList, OBJECT_FUNCTIONS } from './native-objects.js';
import { FunctionThing } from './cell.js';
import { addEffect, type NativeModel } from './flow.js';

const arrayFrom: NativeModel = (flow, call) => {
  const list = flow.thing('list');
  const visited = flow.cell();
  flow.elements(firstOf(flow, call), visited);
  const [, callback] = call.args;
  if (callback === undefined) visited.flowTo(list.dynamic);
  else {
    addEffect(call, 'sequence', 'from', callback);
    flow.callBack(callback, [visited, flow.cell(flow.primitive)], call.args[2]).flowTo(list.dynamic);
  }
  call.result.add(list);
};

const visitedBy =
  (index: number): NativeModel =>
  (flow, call) => {
    addEffect(call, 'cannot-wait', index === 1 ? 'JSON' : 'a native function', call.args[index]);
    flow.callBack(call.args[index], [flow.cell(flow.primitive), flow.cell(flow.unknown)]);
    call.result.add(flow.unknown);
  };

/** A promise of what its first argument holds, or of a list of it. */
const promiseOf =
  (isList: boolean): NativeModel =>
  (flow, call) => {
    const promise = flow.thing('promise');
    const first = firstOf(flow, call);
    const settled = flow.cell();
    const items = flow.cell();
    if (isList) flow.elements(first, items);
    else first.flowTo(items);
    items.onEach((thing) => (thing.kind === 'promise' ? thing.all.flowTo(settled) : settled.add(thing)));
    if (isList) {
      const list = flow.thing('list');
      settled.flowTo(list.dynamic);
      promise.dynamic.add(list);
    }
    settled.flowTo(promise.dynamic);
    call.result.add(promise);
  };

const newPromise: NativeModel = (flow, call) => {
  const promise = flow.thing('promise');
  const resolve = new FunctionThing(flow.deliveries, undefined);
  resolve.param(0).flowTo(promise.dynamic);
  addEffect(call, 'promise', 'Promise', call.args[0]);
  flow.callBack(call.args[0], [flow.cell(resolve), flow.cell(resolve)]);
  call.result.add(promise);
};

const newList: NativeModel = giveList((flow, call, list) => {
  for (const arg of call.args) arg.flowTo(list);
  if (call.spread !== undefined) call.spread.flowTo(list);
  return flow;
});

const newSet: NativeModel = giveList((flow, call, list) => flow.elements(firstOf(flow, call), list));

const newMap: NativeModel = (flow, call) => {
  const map = flow.thing('map');
  const pairs = flow.cell();
  flow.elements(firstOf(flow, call), pairs);
  flow.read(pairs, '1', map.dynamic);
  call.result.add(map);
};

const newProxy: NativeModel = (flow, call) => {
  const traps = flow.cell();
  if (call.args[1] !== undefined) flow.read(call.args[1], undefined, traps);
  addEffect(call, 'cannot-wait', 'Proxy', traps);
  flow.handOver(traps);
  giveFirst(flow, call);
  const given = flow.callBack(traps, [firstOf(flow, call)]);
  given.flowTo(call.result);
  // What a get trap gives is what is read of the proxy, under whatever name.
  const proxy = flow.thing('object');
  given.flowTo(proxy.dynamic);
  call.result.add(proxy);
};

const reflectApply: NativeModel = (flow, call) => {
  const spread = flow.cell();
  if (call.args[2] !== undefined) flow.elements(call.args[2], spread);
  flow.call(firstOf(flow, call), { ...call, self: call.args[1] ?? flow.cell(), args: [], spread });
};

const reflectConstruct: NativeModel = (flow, call) => {
  const spread = flow.cell();
  if (call.args[1] !== undefined) flow.elements(call.args[1], spread);
  flow.construct(firstOf(flow, call), { ...call, args: [], spread });
};

/** What native functions do, by their full name. */
export const FUNCTIONS: ReadonlyMap<string, NativeModel> = new Map([
  ...OBJECT_FUNCTIONS,
  ['Array.from', arrayFrom],
  ['Array.of', newList],
  ['Promise.resolve', promiseOf(false)],
  ['Promise.reject', promiseOf(false)],
  ...['all', 'allSettled', 'race', 'any'].map((name) => [`Promise.${name}`, promiseOf(true)] as const),
  ['JSON.parse', visitedBy(1)],
  ['JSON.stringify', visitedBy(1)],
  ['Reflect.apply', reflectApply],
  ['Reflect.construct', reflectConstruct],
  ...K6_FUNCTIONS,
]);

/** What `new` of native classes gives, by their full name. */
export const CONSTRUCTORS: ReadonlyMap<string, NativeModel> = new Map([
  ['Promise', newPromise],
  ['Array', newList],
  ['Set', newSet],
  ['WeakSet', newSet],
  ['Map', newMap],
  ['WeakMap', newMap],
  ['Proxy', newProxy],
  ...K6_CONSTRUCTORS,
]);
