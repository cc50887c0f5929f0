import { K6_MODULES } from '../module-names.js';
import { type Call, type Flow, addEffect, LIBRARY, type Natives } from './flow.js';
import { givenFunctions } from './library.js';
import { K6_FUNCTIONS } from './k6-natives.js';
import { CALLING_METHODS, METHODS } from './native-methods.js';
import { CONSTRUCTORS, FUNCTIONS } from './native-functions.js';
import type { Thing } from './cell.js';

/** JavaScript's own functions, k6's, and libraries that are not looked into. */
export const NATIVES: Natives = {
  isMethod: isNativeMethod,
  isOnlyNative,
  hasModel,
  blockingMembers,
  apply: applyNative,
  construct: constructNative,
};

const OF_FUNCTIONS: ReadonlySet<string> = new Set(['call', 'apply', 'bind']);

/** Whether a method of this name of such a thing has a model. */
function isNativeMethod(name: string, kind: Thing['kind']): boolean {
  if (kind === 'object' || kind === 'library') return false;
  if (kind === 'function') return OF_FUNCTIONS.has(name);
  return kind === 'list' || kind === 'map' ? METHODS.has(name) : CALLING_METHODS.has(name);
}

/** Methods that libraries do not make their own of. */
function isOnlyNative(name: string): boolean {
  return OF_FUNCTIONS.has(name) || name === 'then' || name === 'catch' || name === 'finally';
}

/** Whether it is known what the native function, class or module of this name does. */
function hasModel(name: string): boolean {
  return FUNCTIONS.has(name) || CONSTRUCTORS.has(name) || K6_MODULES.includes(name);
}

/** Functions of a module of k6 that may wait: what a member whose name is not known may be. */
function blockingMembers(module: string): string[] {
  return K6_FUNCTIONS.map(([name]) => name).filter((name) => name.startsWith(`${module}.`));
}

/** The flow of a call of something that is not of the program. */
function applyNative(flow: Flow, thing: Thing, call: Call): void {
  if (thing.kind === 'library' || thing.name.startsWith(`${LIBRARY}.`)) {
    applyLibrary(flow, thing, call);
    return;
  }
  const model = thing.name.startsWith('#') ? METHODS.get(thing.name.slice(1)) : FUNCTIONS.get(thing.name);
  if (model !== undefined) model(flow, call);
  else if (thing.kind === 'native' && CONSTRUCTORS.has(thing.name)) constructNative(flow, thing, call);
  else if (thing.kind === 'native' || thing.kind === 'unknown') applyUnknown(flow, call);
}

/** The flow of `new` of something that is not of the program. */
function constructNative(flow: Flow, thing: Thing, call: Call): void {
  if (thing.kind === 'library') {
    applyLibrary(flow, thing, call);
    return;
  }
  const model = thing.kind === 'native' ? CONSTRUCTORS.get(thing.name) : undefined;
  if (model !== undefined) model(flow, call);
  else if (thing.kind === 'native' || thing.kind === 'unknown') applyUnknown(flow, call);
}

/**
 * A library may call what it is given at any time, and cannot wait for it. The callback of what may
 * be a list's method is that method's.
 */
function applyLibrary(flow: Flow, thing: Thing, call: Call): void {
  const { args, spread } = call;
  const given = [...args.slice(thing.kind === 'library' ? 0 : 1), ...(spread === undefined ? [] : [spread])];
  addEffect(call, 'cannot-wait', LIBRARY, givenFunctions(flow, given));
  applyUnknown(flow, call);
  call.result.add(flow.library);
}

function applyUnknown(flow: Flow, call: Call): void {
  for (const arg of call.args) flow.handOver(arg);
  if (call.spread !== undefined) flow.handOver(call.spread);
  call.result.add(flow.unknown);
}
