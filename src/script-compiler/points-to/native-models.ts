import { K6_MODULES } from '../module-names.js';
import { type Call, type PointsToAnalysis, addEffect, LIBRARY, type NativeModels } from './points-to-analysis.js';
import { givenFunctions } from './library.js';
import { K6_FUNCTIONS } from './k6-models.js';
import { CALLING_METHODS, METHODS } from './method-models.js';
import { CONSTRUCTORS, FUNCTIONS } from './function-models.js';
import type { AbstractObject } from './points-to-set.js';

/** Models of JavaScript's functions, of k6's, and of libraries that are not analysed. */
export const NATIVE_MODELS: NativeModels = {
  isMethod: isNativeMethod,
  isOnlyNative,
  hasModel,
  blockingMembers,
  apply: applyNative,
  construct: constructNative,
};

const OF_FUNCTIONS: ReadonlySet<string> = new Set(['call', 'apply', 'bind']);

/** Whether there is a model of a method with this name for objects of this kind. */
function isNativeMethod(name: string, kind: AbstractObject['kind']): boolean {
  if (kind === 'object' || kind === 'library') return false;
  if (kind === 'function') return OF_FUNCTIONS.has(name);
  return kind === 'list' || kind === 'map' ? METHODS.has(name) : CALLING_METHODS.has(name);
}

/** Method names that libraries do not use for methods of their own. */
function isOnlyNative(name: string): boolean {
  return OF_FUNCTIONS.has(name) || name === 'then' || name === 'catch' || name === 'finally';
}

/** Whether there is a model of the native function, class or module. */
function hasModel(name: string): boolean {
  return FUNCTIONS.has(name) || CONSTRUCTORS.has(name) || K6_MODULES.includes(name);
}

/**
 * Returns the blocking functions of a k6 module: a member with an unknown name may be any of them.
 */
function blockingMembers(module: string): string[] {
  return K6_FUNCTIONS.map(([name]) => name).filter((name) => name.startsWith(`${module}.`));
}

/** Applies the model of a call whose callee is not part of the program. */
function applyNative(analysis: PointsToAnalysis, object: AbstractObject, call: Call): void {
  if (object.kind === 'library' || object.name.startsWith(`${LIBRARY}.`)) {
    applyLibrary(analysis, object, call);
    return;
  }
  const model = object.name.startsWith('#') ? METHODS.get(object.name.slice(1)) : FUNCTIONS.get(object.name);
  if (model !== undefined) model(analysis, call);
  else if (object.kind === 'native' && CONSTRUCTORS.has(object.name)) constructNative(analysis, object, call);
  else if (object.kind === 'native' || object.kind === 'unknown') applyUnknown(analysis, call);
}

/** Applies the model of `new` whose callee is not part of the program. */
function constructNative(analysis: PointsToAnalysis, object: AbstractObject, call: Call): void {
  if (object.kind === 'library') {
    applyLibrary(analysis, object, call);
    return;
  }
  const model = object.kind === 'native' ? CONSTRUCTORS.get(object.name) : undefined;
  if (model !== undefined) model(analysis, call);
  else if (object.kind === 'native' || object.kind === 'unknown') applyUnknown(analysis, call);
}

/**
 * A library may call its arguments at any time, and does not await them. If the callee may be a
 * list's method, its callback belongs to that method.
 */
function applyLibrary(analysis: PointsToAnalysis, object: AbstractObject, call: Call): void {
  const { args, spread } = call;
  const given = [...args.slice(object.kind === 'library' ? 0 : 1), ...(spread === undefined ? [] : [spread])];
  addEffect(call, 'cannot-wait', LIBRARY, givenFunctions(analysis, given));
  applyUnknown(analysis, call);
  call.result.add(analysis.library);
}

function applyUnknown(analysis: PointsToAnalysis, call: Call): void {
  for (const arg of call.args) analysis.escape(arg);
  if (call.spread !== undefined) analysis.escape(call.spread);
  call.result.add(analysis.unknown);
}
