import { K6_CONSTRUCTORS, K6_FUNCTIONS } from './k6-models.js';
import { firstOf, giveFirst, giveList, OBJECT_FUNCTIONS } from './object-models.js';
import { FunctionObject } from './points-to-set.js';
import { addEffect, type NativeModel } from './points-to-analysis.js';

const arrayFrom: NativeModel = (analysis, call) => {
  const list = analysis.allocate('list');
  const visited = analysis.setOf();
  analysis.elements(firstOf(analysis, call), visited);
  const [, callback] = call.args;
  if (callback === undefined) visited.flowTo(list.dynamic);
  else {
    addEffect(call, 'sequence', 'from', callback);
    analysis.callFromNative(callback, [visited, analysis.setOf(analysis.primitive)], call.args[2]).flowTo(list.dynamic);
  }
  call.result.add(list);
};

const visitedBy =
  (index: number): NativeModel =>
  (analysis, call) => {
    addEffect(call, 'cannot-wait', index === 1 ? 'JSON' : 'a native function', call.args[index]);
    analysis.callFromNative(call.args[index], [analysis.setOf(analysis.primitive), analysis.setOf(analysis.unknown)]);
    call.result.add(analysis.unknown);
  };

/** Returns a promise of its first argument, or of a list of its elements. */
const promiseOf =
  (isList: boolean): NativeModel =>
  (analysis, call) => {
    const promise = analysis.allocate('promise');
    const first = firstOf(analysis, call);
    const settled = analysis.setOf();
    const items = analysis.setOf();
    if (isList) analysis.elements(first, items);
    else first.flowTo(items);
    items.onEach((object) => (object.kind === 'promise' ? object.all.flowTo(settled) : settled.add(object)));
    if (isList) {
      const list = analysis.allocate('list');
      settled.flowTo(list.dynamic);
      promise.dynamic.add(list);
    }
    settled.flowTo(promise.dynamic);
    call.result.add(promise);
  };

const newPromise: NativeModel = (analysis, call) => {
  const promise = analysis.allocate('promise');
  const resolve = new FunctionObject(analysis.worklist, undefined);
  resolve.param(0).flowTo(promise.dynamic);
  addEffect(call, 'promise', 'Promise', call.args[0]);
  analysis.callFromNative(call.args[0], [analysis.setOf(resolve), analysis.setOf(resolve)]);
  call.result.add(promise);
};

const newList: NativeModel = giveList((analysis, call, list) => {
  for (const arg of call.args) arg.flowTo(list);
  if (call.spread !== undefined) call.spread.flowTo(list);
  return analysis;
});

const newSet: NativeModel = giveList((analysis, call, list) => analysis.elements(firstOf(analysis, call), list));

const newMap: NativeModel = (analysis, call) => {
  const map = analysis.allocate('map');
  const pairs = analysis.setOf();
  analysis.elements(firstOf(analysis, call), pairs);
  analysis.load(pairs, '1', map.dynamic);
  call.result.add(map);
};

const newProxy: NativeModel = (analysis, call) => {
  const traps = analysis.setOf();
  if (call.args[1] !== undefined) analysis.load(call.args[1], undefined, traps);
  addEffect(call, 'cannot-wait', 'Proxy', traps);
  analysis.escape(traps);
  giveFirst(analysis, call);
  const given = analysis.callFromNative(traps, [firstOf(analysis, call)]);
  given.flowTo(call.result);
  // Any property read from the proxy may yield what the get trap returns.
  const proxy = analysis.allocate('object');
  given.flowTo(proxy.dynamic);
  call.result.add(proxy);
};

const reflectApply: NativeModel = (analysis, call) => {
  const spread = analysis.setOf();
  if (call.args[2] !== undefined) analysis.elements(call.args[2], spread);
  analysis.call(firstOf(analysis, call), { ...call, self: call.args[1] ?? analysis.setOf(), args: [], spread });
};

const reflectConstruct: NativeModel = (analysis, call) => {
  const spread = analysis.setOf();
  if (call.args[1] !== undefined) analysis.elements(call.args[1], spread);
  analysis.construct(firstOf(analysis, call), { ...call, args: [], spread });
};

/** Models of native functions by their full name. */
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

/** Models of `new` for native classes by their full name. */
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
