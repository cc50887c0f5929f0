import type { PointsToSet } from './points-to-set.js';
import { type Call, type PointsToAnalysis, addEffect, type NativeModel } from './points-to-analysis.js';

const visiting =
  (name: string, give: (analysis: PointsToAnalysis, call: Call, returned: PointsToSet) => void): NativeModel =>
  (analysis, call) => {
    const [callback, self] = call.args;
    addEffect(call, 'sequence', name, callback);
    const visited = analysis.setOf();
    analysis.elements(call.self, visited);
    call.self.onEach((object) => object.kind === 'map' && object.all.flowTo(visited));
    const returned = analysis.callFromNative(callback, [visited, analysis.setOf(analysis.primitive), call.self], self);
    give(analysis, call, returned);
  };

const giveNothing = (): void => undefined;
const giveElements = (analysis: PointsToAnalysis, call: Call): void => analysis.elements(call.self, call.result);

function giveList(analysis: PointsToAnalysis, call: Call, fill: (list: PointsToSet) => void): void {
  const list = analysis.allocate('list');
  fill(list.dynamic);
  call.result.add(list);
}

const giveMapped = (analysis: PointsToAnalysis, call: Call, returned: PointsToSet): void =>
  giveList(analysis, call, (list) => returned.flowTo(list));

const giveFlatMapped = (analysis: PointsToAnalysis, call: Call, returned: PointsToSet): void =>
  giveList(analysis, call, (list) => {
    returned.flowTo(list);
    analysis.elements(returned, list);
  });

const giveFiltered = (analysis: PointsToAnalysis, call: Call): void =>
  giveList(analysis, call, (list) => analysis.elements(call.self, list));

const reducing =
  (name: string): NativeModel =>
  (analysis, call) => {
    const [callback, start] = call.args;
    addEffect(call, 'sequence', name, callback);
    const visited = analysis.setOf();
    analysis.elements(call.self, visited);
    if (start === undefined) visited.flowTo(call.result);
    else start.flowTo(call.result);
    analysis
      .callFromNative(callback, [call.result, visited, analysis.setOf(analysis.primitive), call.self])
      .flowTo(call.result);
  };

const comparing =
  (name: string): NativeModel =>
  (analysis, call) => {
    addEffect(call, 'cannot-wait', name, call.args[0]);
    const visited = analysis.setOf();
    analysis.elements(call.self, visited);
    analysis.callFromNative(call.args[0], [visited, visited]);
    call.self.flowTo(call.result);
  };

const replacing =
  (name: string): NativeModel =>
  (analysis, call) => {
    addEffect(call, 'cannot-wait', name, call.args[1]);
    analysis.callFromNative(
      call.args[1],
      Array.from({ length: 6 }, () => analysis.setOf(analysis.primitive)),
    );
    call.result.add(analysis.primitive);
  };

/**
 * A method of k6's Selection that awaits its callback. The arguments of the callback are unknown.
 */
const selecting =
  (name: string): NativeModel =>
  (analysis, call) => {
    addEffect(call, 'callback', name, call.args[0]);
    analysis.callFromNative(call.args[0], [analysis.setOf(analysis.primitive), analysis.setOf(analysis.unknown)]);
    call.result.add(analysis.unknown);
  };

/** A method of k6's Response that sends a request. */
const requesting =
  (name: string): NativeModel =>
  (analysis, call) => {
    addEffect(call, 'blocks', name);
    for (const arg of call.args) analysis.escape(arg);
    call.result.add(analysis.unknown);
  };

/** Stores its arguments in the receiver. */
const storing =
  (give: (analysis: PointsToAnalysis, call: Call) => void): NativeModel =>
  (analysis, call) => {
    for (const arg of call.args) analysis.store(call.self, undefined, arg);
    if (call.spread !== undefined) analysis.store(call.self, undefined, call.spread);
    give(analysis, call);
  };

const giveSelf = (_flow: PointsToAnalysis, call: Call): void => call.self.flowTo(call.result);

const giveElementsAndSelf: NativeModel = (analysis, call) => {
  analysis.elements(call.self, call.result);
  call.self.onEach((object) => object.kind === 'map' && object.all.flowTo(call.result));
};

const concatenating: NativeModel = (analysis, call) =>
  giveList(analysis, call, (list) => {
    for (const from of [call.self, ...call.args]) {
      from.flowTo(list);
      analysis.elements(from, list);
    }
  });

const givePairs: NativeModel = (analysis, call) =>
  giveList(analysis, call, (list) => call.self.onEach((object) => list.add(analysis.pairOf(object))));

const giveValues: NativeModel = (analysis, call) =>
  giveList(analysis, call, (list) => call.self.onEach((object) => object.all.flowTo(list)));

const givingStep: NativeModel = (analysis, call) => {
  const step = analysis.allocate('object');
  analysis.elements(call.self, step.prop('value'));
  call.result.add(step);
};

/**
 * `then`, `catch` and `finally`: callbacks run as separate jobs, so the call itself does not block.
 */
const chaining: NativeModel = (analysis, call) => {
  const settled = analysis.setOf();
  call.self.onEach((object) =>
    object.kind === 'promise' ? object.all.flowTo(settled) : settled.add(analysis.unknown),
  );
  const next = analysis.allocate('promise');
  settled.flowTo(next.dynamic);
  for (const callback of call.args) {
    addEffect(call, 'job', 'then', callback);
    const returned = analysis.callFromNative(callback, [settled]);
    returned.onEach((object) =>
      object.kind === 'promise' ? object.all.flowTo(next.dynamic) : next.dynamic.add(object),
    );
  }
  call.result.add(next);
};

const calling: NativeModel = (analysis, call) => {
  const [self, ...args] = call.args;
  analysis.call(call.self, { ...call, self: self ?? analysis.setOf(), args });
};

const applying: NativeModel = (analysis, call) => {
  const [self, list] = call.args;
  const spread = analysis.setOf();
  if (list !== undefined) analysis.elements(list, spread);
  analysis.call(call.self, { ...call, self: self ?? analysis.setOf(), args: [], spread });
};

const binding: NativeModel = (analysis, call) => {
  call.self.onEach((object) => call.result.add(analysis.bound(object, call)));
};

const both = (names: readonly string[], model: (name: string) => NativeModel): [string, NativeModel][] =>
  names.map((name) => [name, model(name)]);

/** Methods that call their arguments. Unknown objects are assumed to have only these. */
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

/** Models of native methods by name: the arguments of callbacks, the result, and the effect. */
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
