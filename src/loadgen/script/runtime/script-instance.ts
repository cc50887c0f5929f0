import { Script } from 'node:vm';
import type { CompiledScript } from '../../../script-compiler/compiled-script.js';
import type { Guard, Returned, ScriptFunction } from './guard.js';
import { ScriptScope } from './script-scope.js';
import { Waiting } from './waiting.js';
import type { LiveGlobals } from './global-object.js';

/** What one instance of a script runs in. */
export interface ScriptEnvironment {
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
export interface LoadedScript {
  readonly compiled: CompiledScript;
  readonly create: (...parameters: readonly unknown[]) => unknown;
}

/** Compiles the script for this thread, once. Stack traces name it by `scriptFileName`. */
export function loadScript(compiled: CompiledScript): LoadedScript {
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
export async function instantiate(loaded: LoadedScript, environment: ScriptEnvironment): Promise<ScriptInstance> {
  const { compiled } = loaded;
  const scope = new ScriptScope(environment, compiled.files);
  const globals = compiled.globals.map((name) => scope.global(name));
  const body = loaded.create(environment.guard, new Waiting(environment.guard), scope, ...globals);
  if (!isFunction(body)) throw new TypeError('a compiled script returns its body');
  const { value } = await environment.guard.call(body, undefined, []);
  if (typeof value !== 'object' || value === null)
    throw new TypeError('the body of a compiled script returns its exports');
  return new ScriptInstance(environment.guard, value);
}

function isFunction(value: unknown): value is ScriptFunction {
  return typeof value === 'function';
}
