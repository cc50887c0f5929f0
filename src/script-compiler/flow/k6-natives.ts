import { addEffect, type NativeModel } from './flow.js';

/** Waits itself; what it is given may be called while it waits. */
const blocking =
  (name: string): NativeModel =>
  (flow, call) => {
    addEffect(call, 'blocks', name);
    for (const arg of call.args) flow.handOver(arg);
    if (call.spread !== undefined) flow.handOver(call.spread);
    call.result.add(flow.unknown);
  };

const group: NativeModel = (flow, call) => {
  const [, callback] = call.args;
  addEffect(call, 'callback', 'group', callback);
  flow.callBack(callback, []).flowTo(call.result);
};

const check: NativeModel = (flow, call) => {
  const [value, checks] = call.args;
  const predicates = flow.cell();
  if (checks !== undefined) flow.read(checks, undefined, predicates);
  addEffect(call, 'callback', 'check', predicates);
  flow.callBack(predicates, [value ?? flow.cell()]);
  call.result.add(flow.primitive);
};

const sharedArray: NativeModel = (flow, call) => {
  addEffect(call, 'cannot-wait', 'SharedArray', call.args[1]);
  flow.callBack(call.args[1], []);
  const list = flow.thing('list');
  list.dynamic.add(flow.unknown);
  call.result.add(list);
};

const HTTP_METHODS = ['get', 'post', 'put', 'patch', 'del', 'head', 'options', 'request', 'batch'];

/** Functions of k6's modules that wait, or wait for their callback. */
export const K6_FUNCTIONS: readonly (readonly [string, NativeModel])[] = [
  ['k6.sleep', blocking('sleep')],
  ['k6/ws.connect', blocking('ws.connect')],
  ...HTTP_METHODS.map((name) => [`k6/http.${name}`, blocking(`http.${name}`)] as const),
  ['k6.group', group],
  ['k6.check', check],
];

/** Classes of k6's modules whose constructor calls back at once. */
export const K6_CONSTRUCTORS: readonly (readonly [string, NativeModel])[] = [['k6/data.SharedArray', sharedArray]];
