import { pathToFileURL } from 'node:url';
import { createGlobalObject, type LiveGlobals } from './global-object.js';
import { BUILT_INS } from '../../../script-compiler/module-names.js';

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
  readonly #require = (module: string): unknown => this.imported(module, '*');
  #globalObject: object | undefined;

  constructor(environment: ScopeEnvironment, files: readonly string[]) {
    this.live = environment.live;
    this.#environment = environment;
    this.#files = files;
  }

  /** The value of a global of this virtual user. */
  global(name: string): unknown {
    if (name === 'require') return this.#require;
    const { globals } = this.#environment;
    if (Object.hasOwn(globals, name)) return globals[name];
    return BUILT_INS.includes(name) ? Reflect.get(globalThis, name) : undefined;
  }

  /** `globalThis` of this instance; made when first used. */
  get globalObject(): object {
    const { live, globals } = this.#environment;
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
    const namespace = this.#environment.module(module);
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
    if (path !== undefined) this.#environment.enterFile(path);
  }
}
