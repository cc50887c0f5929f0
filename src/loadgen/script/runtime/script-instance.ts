import { Script } from 'node:vm';
import type { CompiledScript } from '../../../script-compiler/compiled-script.js';
import type { Guard, Returned, ScriptFunction } from './guard.js';
import { Waiting } from './waiting.js';
import { type LiveGlobals, createGlobalObject } from './global-object.js';
import { pathToFileURL } from 'node:url';
import { PERMITTED_GLOBALS } from '../../../script-compiler/module-names.js';

/** Collaborators of one script instance. */
export interface InstanceDeps {
  readonly guard: Guard;
  /** Read at each use; the virtual user changes it between iterations. */
  readonly live: LiveGlobals;
  /**
   * Values of `CompiledScript.globals`. A missing name has the value of V8's built-in, or
   * undefined.
   */
  readonly globals: Readonly<Record<string, unknown>>;
  /**
   * Returns the namespace of an external module. A default import gets its `default`, or the
   * namespace itself.
   */
  readonly module: (name: string) => object;
  /**
   * Called when the top level of a file starts or continues; paths of `open` are relative to it.
   */
  readonly enterFile: (path: string) => void;
}

/**
 * A script compiled in this thread. Each virtual user calls its function to create its own
 * instance.
 */
export interface ScriptModule {
  readonly compiled: CompiledScript;
  readonly create: (...parameters: readonly unknown[]) => unknown;
}

/** Compiles the script for this thread. Stack traces refer to it by `scriptFileName`. */
export function loadModule(compiled: CompiledScript): ScriptModule {
  const script = new Script(compiled.code, { filename: scriptFileName(compiled.path) });
  const create: unknown = script.runInThisContext();
  if (!isFunction(create)) throw new TypeError('a compiled script must be one function');
  return { compiled, create };
}

/** The file name of compiled code in V8's stack traces. */
export function scriptFileName(path: string): string {
  return `wsg-script:${path}`;
}

/** The result of one run of the script's top level: its exports. */
export class ScriptInstance {
  readonly guard: Guard;
  /** The exported values at the end of the top level. */
  readonly exports: ReadonlyMap<string, unknown>;

  constructor(guard: Guard, exported: object) {
    this.guard = guard;
    this.exports = new Map(Object.entries(exported));
  }

  /**
   * Calls an exported function; synchronous unless it blocks. A promise in the result belongs to
   * the script.
   */
  call(name: string, args: readonly unknown[]): Returned | Promise<Returned> {
    const exported = this.exports.get(name);
    if (!isFunction(exported)) throw new TypeError(`the script exports no function ${name}`);
    return this.guard.call(exported, undefined, args);
  }
}

/** Runs the script's top level (the init code) and returns its exports. */
export async function instantiate(module: ScriptModule, deps: InstanceDeps): Promise<ScriptInstance> {
  const { compiled } = module;
  const scope = new ScriptScope(deps, compiled.files);
  const globals = compiled.globals.map((name) => scope.global(name));
  const body = module.create(deps.guard, new Waiting(deps.guard), scope, ...globals);
  if (!isFunction(body)) throw new TypeError('a compiled script must return its body');
  const { value } = await deps.guard.call(body, undefined, []);
  if (typeof value !== 'object' || value === null)
    throw new TypeError('the body of a compiled script must return its exports');
  return new ScriptInstance(deps.guard, value);
}

function isFunction(value: unknown): value is ScriptFunction {
  return typeof value === 'function';
}

/** Collaborators of a scope. */
interface ScopeDeps {
  readonly live: LiveGlobals;
  readonly globals: Readonly<Record<string, unknown>>;
  readonly module: (name: string) => object;
  readonly enterFile: (path: string) => void;
}

/** The scope around one script instance: globals, modules, and the file that is being evaluated. */
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

  /** Returns the value of a global of this virtual user. */
  global(name: string): unknown {
    if (name === 'require') return this.#require;
    const { globals } = this.#deps;
    if (Object.hasOwn(globals, name)) return globals[name];
    return PERMITTED_GLOBALS.includes(name) ? Reflect.get(globalThis, name) : undefined;
  }

  /** `globalThis` of this instance; created when first used. */
  get globalObject(): object {
    const { live, globals } = this.#deps;
    this.#globalObject ??= createGlobalObject({ live, globals: { ...globals, require: this.#require } });
    return this.#globalObject;
  }

  // Called by compiled code.

  /**
   * Returns the object that holds a global which the script defines itself: `holder(name).name`
   * reads and assigns it.
   */
  holder(name: string): object {
    if (name in this.globalObject) return this.globalObject;
    return this.missing(name);
  }

  /** Throws for a name that nothing defines. */
  missing(name: string): never {
    const isOfCommonJs = name === 'module' || name === 'exports';
    const why = isOfCommonJs
      ? ': the file has import or export, so it is not a CommonJS file; use one of the two forms'
      : '';
    throw new ReferenceError(`${name} is not defined${why}`);
  }

  /** Returns the exports of a CommonJS script from its `module.exports`. */
  commonJs(exported: unknown): object {
    return typeof exported === 'object' || typeof exported === 'function' ? { ...exported } : {};
  }

  /**
   * Returns an imported binding. `*` is the namespace, and `default` falls back to it. A missing
   * name is undefined, as in k6.
   */
  imported(module: string, name: string): unknown {
    const namespace = this.#deps.module(module);
    if (name === '*') return namespace;
    if (name in namespace) return Reflect.get(namespace, name);
    return name === 'default' ? namespace : undefined;
  }

  /** Marks that the top level of this file continues here. */
  enter(file: number): void {
    this.#entered[this.#entered.length - 1] = file;
    this.#announce();
  }

  /** Marks the start of a CommonJS file that another file requires. */
  push(file: number): void {
    this.#entered.push(file);
    this.#announce();
  }

  /** Marks the end of that file. */
  pop(): void {
    this.#entered.pop();
    this.#announce();
  }

  /** Returns `import.meta` of a file. */
  meta(file: number): object {
    const url = pathToFileURL(this.#files[file] ?? '').href;
    return { url, resolve: (specifier: string) => new URL(specifier, url).href };
  }

  #announce(): void {
    const path = this.#files[this.#entered.at(-1) ?? 0];
    if (path !== undefined) this.#deps.enterFile(path);
  }
}
