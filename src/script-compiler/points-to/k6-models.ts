import { addEffect, type NativeModel } from './points-to-analysis.js';

/** Model of a function that blocks. Its arguments may be called while it waits. */
const blocking =
  (name: string): NativeModel =>
  (analysis, call) => {
    addEffect(call, 'blocks', name);
    for (const arg of call.args) analysis.escape(arg);
    if (call.spread !== undefined) analysis.escape(call.spread);
    call.result.add(analysis.unknown);
  };

const group: NativeModel = (analysis, call) => {
  const [, callback] = call.args;
  addEffect(call, 'callback', 'group', callback);
  analysis.callFromNative(callback, []).flowTo(call.result);
};

const check: NativeModel = (analysis, call) => {
  const [value, checks] = call.args;
  const predicates = analysis.setOf();
  if (checks !== undefined) analysis.load(checks, undefined, predicates);
  addEffect(call, 'callback', 'check', predicates);
  analysis.callFromNative(predicates, [value ?? analysis.setOf()]);
  call.result.add(analysis.primitive);
};

const sharedArray: NativeModel = (analysis, call) => {
  addEffect(call, 'cannot-wait', 'SharedArray', call.args[1]);
  analysis.callFromNative(call.args[1], []);
  const list = analysis.allocate('list');
  list.dynamic.add(analysis.unknown);
  call.result.add(list);
};

const HTTP_METHODS = ['get', 'post', 'put', 'patch', 'del', 'head', 'options', 'request', 'batch'];

/** k6 functions that block, or that await their callback. */
export const K6_FUNCTIONS: readonly (readonly [string, NativeModel])[] = [
  ['k6.sleep', blocking('sleep')],
  ['k6/ws.connect', blocking('ws.connect')],
  ...HTTP_METHODS.map((name) => [`k6/http.${name}`, blocking(`http.${name}`)] as const),
  ['k6.group', group],
  ['k6.check', check],
];

/** k6 classes whose constructor calls its callback synchronously. */
export const K6_CONSTRUCTORS: readonly (readonly [string, NativeModel])[] = [['k6/data.SharedArray', sharedArray]];
