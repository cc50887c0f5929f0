import { Script } from 'node:vm';
import { PERMITTED_GLOBALS } from '../../../script-compiler/module-names.js';

/** The initial content of a script instance's global object. */
export interface GlobalDeps {
  readonly live: LiveGlobals;
  /** Globals of this virtual user: timers, console, `open`, `require` and so on. */
  readonly globals: Readonly<Record<string, unknown>>;
}

/**
 * Creates the global object of a script instance. It inherits nothing from Node's global object.
 * Properties are defined instead of assigned, because a setter of Node's global object (such as
 * that of `process`) would change the process that runs the script.
 */
export function createGlobalObject({ live, globals }: GlobalDeps): object {
  const own: object = {};
  for (const name of PERMITTED_GLOBALS) defineBuiltIn(own, name);
  for (const [name, value] of Object.entries(globals)) define(own, name, value, true);
  defineLive(own, live);
  define(own, 'globalThis', own);
  define(own, 'global', own, true);
  define(own, 'Function', functionOf(own));
  define(own, 'eval', (text: unknown) => (typeof text === 'string' ? evaluate(own, text) : text));
  Object.defineProperty(own, Symbol.toStringTag, { value: 'global', configurable: true });
  return own;
}

function define(own: object, name: string, value: unknown, enumerable = false): void {
  Object.defineProperty(own, name, { value, enumerable, writable: true, configurable: true });
}

function defineBuiltIn(own: object, name: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
  if (descriptor === undefined) return;
  if (descriptor.get === undefined) Object.defineProperty(own, name, { ...descriptor, enumerable: false });
  else define(own, name, Reflect.get(globalThis, name));
}

/** Defines `__ENV`, `__VU` and `__ITER`, which change between iterations. */
function defineLive(own: object, live: LiveGlobals): void {
  for (const name of Object.keys(live)) {
    Object.defineProperty(own, name, {
      get: () => Reflect.get(live, name),
      set: (value: unknown) => {
        define(own, name, value, true);
      },
      enumerable: true,
      configurable: true,
    });
  }
}

type Made = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Returns a `Function` whose functions use this global object: libraries look for it with
 * `Function('return this')()`.
 */
function functionOf(own: object): object {
  const make = (texts: readonly unknown[]): unknown => {
    // Checks each text separately: an extra brace would close the surrounding function.
    Reflect.construct(Function, texts);
    const parts = texts.map(String);
    const body = parts.pop() ?? '';
    const made = compileWith(own, `function anonymous(${parts.join(',')}\n) {\n${body}\n}`);
    return isFunction(made) ? boundTo(own, made) : made;
  };
  return new Proxy(Function, {
    apply: (_target, _self, texts: unknown[]) => make(texts),
    construct: (_target, texts: unknown[]) => Object(make(texts)),
  });
}

/** Called without `this`, the function receives the script's global object instead of Node's. */
function boundTo(own: object, made: Made): Made {
  const bound = function (this: unknown, ...args: unknown[]): unknown {
    return new.target === undefined
      ? Reflect.apply(made, this ?? own, args)
      : Reflect.construct(made, args, new.target === bound ? made : new.target);
  };
  Object.defineProperty(bound, 'length', { value: made.length, configurable: true });
  Object.defineProperty(bound, 'name', { value: 'anonymous', configurable: true });
  bound.prototype = made.prototype;
  return bound;
}

/** Evaluates an expression whose free names are properties of the global object. */
function compileWith(own: object, expression: string): unknown {
  const script = new Script(`(function (__wsgGlobal) { with (__wsgGlobal) { return (${expression}); } })`);
  const create: unknown = script.runInThisContext();
  return isFunction(create) ? Reflect.apply(create, own, [namesOf(own)]) : undefined;
}

function evaluate(own: object, text: string): unknown {
  const script = new Script('(function (__wsgGlobal, __wsgText) { with (__wsgGlobal) { return eval(__wsgText); } })');
  const run: unknown = script.runInThisContext();
  return isFunction(run) ? Reflect.apply(run, own, [namesOf(own, ['eval', '__wsgText']), text]) : undefined;
}

/**
 * Claims every name except `others`, so that an assignment to an undeclared name stays inside the
 * script.
 */
function namesOf(own: object, others: readonly string[] = []): object {
  return new Proxy(own, { has: (_own, name) => typeof name === 'string' && !others.includes(name) });
}

function isFunction(value: unknown): value is Made {
  return typeof value === 'function';
}

/** Globals that change; the script reads them at each use. */
export interface LiveGlobals {
  __ENV: Readonly<Record<string, string>>;
  __VU: number;
  __ITER: number;
}
