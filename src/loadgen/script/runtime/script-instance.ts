import { Script } from 'node:vm';
import type { CompiledScript } from '../../../script-compiler/compiled-script.js';
import type { Guard, Returned, ScriptFunction } from './guard.js';
import { Waiting } from './waiting.js';
import { type LiveGlobals, createGlobalObject } from './global-object.js';
import { pathToFileURL } from 'node:url';
import { BUILT_INS } from '../../../script-compiler/module-names.js';

/** What one instance of a script runs in. */
export interface InstanceDeps {
  readonly guard: Guard;
  /** Read anew at each use; the virtual user changes it from iteration to iteration. */
  readonly live: LiveGlobals;
  /**
   * Values of `CompiledScript.globals`; a name left out is what `defaultGlobal` gives, mostly
   * undefined.
   */
  readonly globals: Readonly<Record<string, unknown>>;
  /**
   * The namespace of an external module; its `default` is what a default import gives, or else the
   * namespace itself.
   */
  readonly module: (name: string) => object;
  /** The top level of the file of this path begins or goes on: what `open` is relative to. */
  readonly enterFile: (path: string) => void;
}

/**
 * A script compiled in this thread; each virtual user calls its function for an instance of its
 * own.
 */
export interface ScriptModule {
  readonly compiled: CompiledScript;
  readonly create: (...parameters: readonly unknown[]) => unknown;
}

/** Compiles the script for this thread, once. Stack traces name it by `scriptFileName`. */
export function loadModule(compiled: CompiledScript): ScriptModule {
  const script = new Script(compiled.code, { filename: scriptFileName(compiled.path) });
  const create: unknown = script.runInThisContext();
  if (!isFunction(create)) throw new TypeError('a compiled script is one function');
  return { compiled, create };
}

/** The name under which V8's stack traces show the compiled code. */
export function scriptFileName(path: string): string {
  return `wsg-script:${path}`;
}

/** One run of the script's top level, and the functions that it exports. */
export class ScriptInstance {
  readonly guard: Guard;
  /** The exported values as they were at the end of the top level. */
  readonly exports: ReadonlyMap<string, unknown>;

  constructor(guard: Guard, exported: object) {
    this.guard = guard;
    this.exports = new Map(Object.entries(exported));
  }

  /**
   * Calls an exported function: at once if it does not wait. A promise in what it returned is the
   * script's own.
   */
  call(name: string, args: readonly unknown[]): Returned | Promise<Returned> {
    const exported = this.exports.get(name);
    if (!isFunction(exported)) throw new TypeError(`the script exports no function ${name}`);
    return this.guard.call(exported, undefined, args);
  }
}

/** Runs the script's top level (the init code) and hands over its exports. */
export async function instantiate(module: ScriptModule, deps: InstanceDeps): Promise<ScriptInstance> {
  const { compiled } = module;
  const scope = new ScriptScope(deps, compiled.files);
  const globals = compiled.globals.map((name) => scope.global(name));
  const body = module.create(deps.guard, new Waiting(deps.guard), scope, ...globals);
  if (!isFunction(body)) throw new TypeError('a compiled script returns its body');
  const { value } = await deps.guard.call(body, undefined, []);
  if (typeof value !== 'object' || value === null)
    throw new TypeError('the body of a compiled script returns its exports');
  return new ScriptInstance(deps.guard, value);
}

function isFunction(value: unknown): value is ScriptFunction {
  return typeof value === 'function';
}

/** What the names of a script that are not its own stand for. */
interface ScopeDeps {
  readonly live: LiveGlobals;
  readonly globals: Readonly<Record<string, unknown>>;
  readonly module: (name: string) => object;
  readonly enterFile: (path: string) => void;
}

/** The outside of one script instance: globals, modules, and which file is being evaluated. */
export class ScriptScope {
  readonly live: LiveGlobals;
  readonly #deps: ScopeDeps;
  readonly #files: readonly string[];
  readonly #entered: number[] = [0];
  readonly #require = (module: string): unknown => this.imported(module, '*');
  #globalObject: object | undefined;

  constructor(deps: ScopeDeps, files: readonly string[]) {
    this.live = deps.live;
    this.#deps = deps;
    this.#files = files;
  }

  /** The value of a global of this virtual user. */
  global(name: string): unknown {
    if (name === 'require') return this.#require;
    const { globals } = this.#deps;
    if (Object.hasOwn(globals, name)) return globals[name];
    return BUILT_INS.includes(name) ? Reflect.get(globalThis, name) : undefined;
  }

  /** `globalThis` of this instance; made when first used. */
  get globalObject(): object {
    const { live, globals } = this.#deps;
    this.#globalObject ??= createGlobalObject({ live, globals: { ...globals, require: this.#require } });
    return this.#globalObject;
  }

  // What compiled code calls.

  /**
   * The object that holds a global which the script itself defines: `holder(name).name` reads and
   * assigns it.
   */
  holder(name: string): object {
    if (name in this.globalObject) return this.globalObject;
    return this.missing(name);
  }

  /** A name that nothing defines was read. */
  missing(name: string): never {
    const isOfCommonJs = name === 'module' || name === 'exports';
    const why = isOfCommonJs
      ? ': the file has import or export, so it is not a CommonJS file; use one of the two forms'
      : '';
    throw new ReferenceError(`${name} is not defined${why}`);
  }

  /** The exports of a CommonJS script, from its `module.exports`. */
  commonJs(exported: unknown): object {
    return typeof exported === 'object' || typeof exported === 'function' ? { ...exported } : {};
  }

  /**
   * An imported binding: `*` is the namespace, `default` falls back to it; a name that the module
   * lacks is undefined, as in k6.
   */
  imported(module: string, name: string): unknown {
    const namespace = this.#deps.module(module);
    if (name === '*') return namespace;
    if (name in namespace) return Reflect.get(namespace, name);
    return name === 'default' ? namespace : undefined;
  }

  /** The top level of this file goes on from here. */
  enter(file: number): void {
    this.#entered[this.#entered.length - 1] = file;
    this.#announce();
  }

  /** A CommonJS file begins, on behalf of the one that required it. */
  push(file: number): void {
    this.#entered.push(file);
    this.#announce();
  }

  /** It ends. */
  pop(): void {
    this.#entered.pop();
    this.#announce();
  }

  /** `import.meta` of a file. */
  meta(file: number): object {
    const url = pathToFileURL(this.#files[file] ?? '').href;
    return { url, resolve: (specifier: string) => new URL(specifier, url).href };
  }

  #announce(): void {
    const path = this.#files[this.#entered.at(-1) ?? 0];
    if (path !== undefined) this.#deps.enterFile(path);
  }
}
