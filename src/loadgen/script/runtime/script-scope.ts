import { pathToFileURL } from 'node:url';

/** What the script reads anew at each use. */
export interface LiveGlobals {
  __ENV: Readonly<Record<string, string>>;
  __VU: number;
  __ITER: number;
}

/** What the names of a script that are not its own stand for. */
interface ScopeEnvironment {
  readonly live: LiveGlobals;
  readonly globals: Readonly<Record<string, unknown>>;
  readonly module: (name: string) => object;
  readonly enterFile: (path: string) => void;
}

/** The outside of one script instance: globals, modules, and which file is being evaluated. */
export class ScriptScope {
  readonly live: LiveGlobals;
  readonly #environment: ScopeEnvironment;
  readonly #files: readonly string[];
  readonly #entered: number[] = [0];
  #globalObject: object | undefined;

  constructor(environment: ScopeEnvironment, files: readonly string[]) {
    this.live = environment.live;
    this.#environment = environment;
    this.#files = files;
  }

  /** The value of a global; those that only Node has are undefined, and `globalThis` is this instance's own. */
  global(name: string): unknown {
    const { globals } = this.#environment;
    if (Object.hasOwn(globals, name)) return globals[name];
    if (name === 'globalThis' || name === 'global') return this.#ownGlobalObject();
    if (name === 'Math') return Math;
    if (name === 'require') return (module: string) => this.imported(module, '*');
    return undefined;
  }

  // What compiled code calls.

  /** An imported binding: `*` is the namespace, `default` falls back to it. */
  imported(module: string, name: string): unknown {
    const namespace = this.#environment.module(module);
    if (name === '*') return namespace;
    if (name in namespace) return Reflect.get(namespace, name);
    if (name === 'default') return namespace;
    throw new SyntaxError(`the module ${module} has no export named ${name}`);
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
    if (path !== undefined) this.#environment.enterFile(path);
  }

  #ownGlobalObject(): object {
    if (this.#globalObject !== undefined) return this.#globalObject;
    const hidden = Object.fromEntries(NODE_ONLY_GLOBALS.map((name) => [name, undefined]));
    const own: Record<string, unknown> = Object.assign(Object.create(globalThis), hidden, this.#environment.globals);
    own['globalThis'] = own;
    own['global'] = own;
    this.#globalObject = own;
    return own;
  }
}

/** Globals of Node that no k6 script has; libraries take their presence for a sign of Node. */
export const NODE_ONLY_GLOBALS: readonly string[] = [
  'process',
  'Buffer',
  'setImmediate',
  'clearImmediate',
  'fetch',
  'module',
  'exports',
  '__filename',
  '__dirname',
];
