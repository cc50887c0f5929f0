import type { Call, Flow } from './flow.js';
import { K6_FUNCTIONS } from './k6-natives.js';
import { METHODS } from './native-methods.js';
import { CONSTRUCTORS, FUNCTIONS } from './native-functions.js';
import type { Thing } from './thing.js';

/** Whether a method of this name of native objects has a model. */
export function isNativeMethod(name: string): boolean {
  return METHODS.has(name);
}

/** Whether it is known what this native function or class does. */
export function hasModel({ name }: Thing): boolean {
  return FUNCTIONS.has(name) || CONSTRUCTORS.has(name);
}

/** Functions of a module of k6 that may wait: what a member whose name is not known may be. */
export function blockingMembers(module: string): string[] {
  return K6_FUNCTIONS.map(([name]) => name).filter((name) => name.startsWith(`${module}.`));
}

/** The flow of a call of something that is not of the program. */
export function applyNative(flow: Flow, thing: Thing, call: Call): void {
  const model = thing.name.startsWith('#') ? METHODS.get(thing.name.slice(1)) : FUNCTIONS.get(thing.name);
  if (model !== undefined) model(flow, call);
  else if (thing.kind === 'native' && CONSTRUCTORS.has(thing.name)) constructNative(flow, thing, call);
  else if (thing.kind === 'native' || thing.kind === 'unknown') applyUnknown(flow, call);
}

/** The flow of `new` of something that is not of the program. */
export function constructNative(flow: Flow, thing: Thing, call: Call): void {
  const model = thing.kind === 'native' ? CONSTRUCTORS.get(thing.name) : undefined;
  if (model !== undefined) model(flow, call);
  else if (thing.kind === 'native' || thing.kind === 'unknown') applyUnknown(flow, call);
}

function applyUnknown(flow: Flow, call: Call): void {
  for (const arg of call.args) flow.handOver(arg);
  if (call.spread !== undefined) flow.handOver(call.spread);
  call.result.add(flow.unknown);
}
