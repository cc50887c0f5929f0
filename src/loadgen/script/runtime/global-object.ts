import { Script } from 'node:vm';
import { BUILT_INS } from '../../../script-compiler/module-names.js';

/** What the global object of one script instance starts with. */
export interface GlobalDeps {
  readonly live: LiveGlobals;
  /** Of this virtual user: timers, console, `open`, `require` and the like. */
  readonly globals: Readonly<Record<string, unknown>>;
}

/**
 * Makes the global object of one script instance. It inherits nothing from Node's, and every
 * property is defined and never assigned: a setter of Node's global object (such as that of
 * `process`) would change the process that runs the script.
 */
export function createGlobalObject({ live, globals }: GlobalDeps): object {
  const own: object = {};
  for (const name of BUILT_INS) defineBuiltIn(own, name);
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

/** `__ENV`, `__VU` and `__ITER`, which change from iteration to iteration. */
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
 * `Function` whose functions see this global object: libraries look for it with `Function('return
 * this')()`.
 */
function functionOf(own: object): object {
  const make = (texts: readonly unknown[]): unknown => {
    // Checks the texts each for itself: a brace too many would end the function around them.
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

/** Called without `this` it gets the script's global object, where sloppy code would get Node's. */
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

/** The value of an expression whose free names are properties of the global object. */
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
 * Claims every name but these, so that also a sloppy assignment to a new name stays in the script.
 */
function namesOf(own: object, others: readonly string[] = []): object {
  return new Proxy(own, { has: (_own, name) => typeof name === 'string' && !others.includes(name) });
}

function isFunction(value: unknown): value is Made {
  return typeof value === 'function';
}

/** What the script reads anew at each use. */
export interface LiveGlobals {
  __ENV: Readonly<Record<string, string>>;
  __VU: number;
  __ITER: number;
}
