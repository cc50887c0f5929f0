import type { Cell } from './cell.js';
import { type Call, type Flow, addEffect, type NativeModel } from './flow.js';

const visiting =
  (name: string, give: (flow: Flow, call: Call, returned: Cell) => void): NativeModel =>
  (flow, call) => {
    const [callback, self] = call.args;
    addEffect(call, 'sequence', name, callback);
    const visited = flow.cell();
    flow.elements(call.self, visited);
    call.self.onEach((thing) => thing.kind === 'map' && thing.all.flowTo(visited));
    const returned = flow.callBack(callback, [visited, flow.cell(flow.primitive), call.self], self);
    give(flow, call, returned);
  };

const giveNothing = (): void => undefined;
const giveElements = (flow: Flow, call: Call): void => flow.elements(call.self, call.result);

function giveList(flow: Flow, call: Call, fill: (list: Cell) => void): void {
  const list = flow.thing('list');
  fill(list.dynamic);
  call.result.add(list);
}

const giveMapped = (flow: Flow, call: Call, returned: Cell): void =>
  giveList(flow, call, (list) => returned.flowTo(list));

const giveFlatMapped = (flow: Flow, call: Call, returned: Cell): void =>
  giveList(flow, call, (list) => {
    returned.flowTo(list);
    flow.elements(returned, list);
  });

const giveFiltered = (flow: Flow, call: Call): void => giveList(flow, call, (list) => flow.elements(call.self, list));

const reducing =
  (name: string): NativeModel =>
  (flow, call) => {
    const [callback, start] = call.args;
    addEffect(call, 'sequence', name, callback);
    const visited = flow.cell();
    flow.elements(call.self, visited);
    if (start === undefined) visited.flowTo(call.result);
    else start.flowTo(call.result);
    flow.callBack(callback, [call.result, visited, flow.cell(flow.primitive), call.self]).flowTo(call.result);
  };

const comparing =
  (name: string): NativeModel =>
  (flow, call) => {
    addEffect(call, 'cannot-wait', name, call.args[0]);
    const visited = flow.cell();
    flow.elements(call.self, visited);
    flow.callBack(call.args[0], [visited, visited]);
    call.self.flowTo(call.result);
  };

const replacing =
  (name: string): NativeModel =>
  (flow, call) => {
    addEffect(call, 'cannot-wait', name, call.args[1]);
    flow.callBack(
      call.args[1],
      Array.from({ length: 6 }, () => flow.cell(flow.primitive)),
    );
    call.result.add(flow.primitive);
  };

/**
 * A method of k6's Selection that waits for its callback; what such a callback is given comes from
 * outside.
 */
const selecting =
  (name: string): NativeModel =>
  (flow, call) => {
    addEffect(call, 'callback', name, call.args[0]);
    flow.callBack(call.args[0], [flow.cell(flow.primitive), flow.cell(flow.unknown)]);
    call.result.add(flow.unknown);
  };

/** A method of k6's Response that sends a request. */
const requesting =
  (name: string): NativeModel =>
  (flow, call) => {
    addEffect(call, 'blocks', name);
    for (const arg of call.args) flow.handOver(arg);
    call.result.add(flow.unknown);
  };

/** Adds its arguments to the receiver. */
const storing =
  (give: (flow: Flow, call: Call) => void): NativeModel =>
  (flow, call) => {
    for (const arg of call.args) flow.write(call.self, undefined, arg);
    if (call.spread !== undefined) flow.write(call.self, undefined, call.spread);
    give(flow, call);
  };

const giveSelf = (_flow: Flow, call: Call): void => call.self.flowTo(call.result);

const giveElementsAndSelf: NativeModel = (flow, call) => {
  flow.elements(call.self, call.result);
  call.self.onEach((thing) => thing.kind === 'map' && thing.all.flowTo(call.result));
};

const concatenating: NativeModel = (flow, call) =>
  giveList(flow, call, (list) => {
    for (const from of [call.self, ...call.args]) {
      from.flowTo(list);
      flow.elements(from, list);
    }
  });

const givePairs: NativeModel = (flow, call) =>
  giveList(flow, call, (list) => call.self.onEach((thing) => list.add(flow.pairOf(thing))));

const giveValues: NativeModel = (flow, call) =>
  giveList(flow, call, (list) => call.self.onEach((thing) => thing.all.flowTo(list)));

const givingStep: NativeModel = (flow, call) => {
  const step = flow.thing('object');
  flow.elements(call.self, step.prop('value'));
  call.result.add(step);
};

/**
 * `then`, `catch` and `finally`: callbacks are jobs of their own, so the call itself does not wait.
 */
const chaining: NativeModel = (flow, call) => {
  const settled = flow.cell();
  call.self.onEach((thing) => (thing.kind === 'promise' ? thing.all.flowTo(settled) : settled.add(flow.unknown)));
  const next = flow.thing('promise');
  settled.flowTo(next.dynamic);
  for (const callback of call.args) {
    addEffect(call, 'job', 'then', callback);
    const returned = flow.callBack(callback, [settled]);
    returned.onEach((thing) => (thing.kind === 'promise' ? thing.all.flowTo(next.dynamic) : next.dynamic.add(thing)));
  }
  call.result.add(next);
};

const calling: NativeModel = (flow, call) => {
  const [self, ...args] = call.args;
  flow.call(call.self, { ...call, self: self ?? flow.cell(), args });
};

const applying: NativeModel = (flow, call) => {
  const [self, list] = call.args;
  const spread = flow.cell();
  if (list !== undefined) flow.elements(list, spread);
  flow.call(call.self, { ...call, self: self ?? flow.cell(), args: [], spread });
};

const binding: NativeModel = (flow, call) => {
  call.self.onEach((thing) => call.result.add(flow.bound(thing, call)));
};

const both = (names: readonly string[], model: (name: string) => NativeModel): [string, NativeModel][] =>
  names.map((name) => [name, model(name)]);

/** Methods that call what they are given: all that is known of an object from outside. */
export const CALLING_METHODS: ReadonlyMap<string, NativeModel> = new Map([
  ...both(['forEach', 'some', 'every', 'findIndex', 'findLastIndex'], (name) => visiting(name, giveNothing)),
  ...both(['find', 'findLast'], (name) => visiting(name, giveElements)),
  ...both(['map'], (name) => visiting(name, giveMapped)),
  ...both(['flatMap'], (name) => visiting(name, giveFlatMapped)),
  ...both(['filter'], (name) => visiting(name, giveFiltered)),
  ...both(['reduce', 'reduceRight'], reducing),
  ...both(['sort', 'toSorted'], comparing),
  ...both(['replace', 'replaceAll'], replacing),
  ...both(['then', 'catch', 'finally'], () => chaining),
  ...both(['call'], () => calling),
  ...both(['apply'], () => applying),
  ...both(['bind'], () => binding),
  ...both(['each', 'is', 'not'], selecting),
  ...both(['submitForm', 'clickLink'], requesting),
]);

/**
 * Methods of native objects by name: what their callbacks see, what they give, and how they may
 * wait.
 */
export const METHODS: ReadonlyMap<string, NativeModel> = new Map([
  ...CALLING_METHODS,
  ...both(['push', 'unshift'], () => storing(giveNothing)),
  ...both(['add', 'set', 'fill', 'copyWithin', 'splice'], () => storing(giveSelf)),
  ...both(['concat', 'flat', 'with', 'toSpliced'], () => concatenating),
  ...both(['slice', 'reverse', 'toReversed'], () => giveSelf),
  ...both(['get', 'at', 'pop', 'shift'], () => giveElementsAndSelf),
  ...both(['values'], () => giveValues),
  ...both(['entries'], () => givePairs),
  ...both(['next'], () => givingStep),
]);
