import { SeededRandom } from '../../core/seeded-random.js';
import { createModule } from './modules/create-module.js';
import { createTimersModule } from './modules/timers.js';
import type { InstanceDeps } from './runtime/script-instance.js';
import type { VuContext } from './runtime/vu-context.js';
import type { LiveGlobals } from './runtime/global-object.js';
import type { ScriptLog, ScriptLogLevel } from './runtime/script-log.js';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorMessage, systemErrorCode } from '../../core/error.js';
import { toArrayBuffer } from './runtime/values.js';

/**
 * Creates the globals of a script instance for one virtual user. Modules are created when they are
 * first imported.
 */
export function createInstanceDeps(vu: VuContext, live: LiveGlobals, entry: string): InstanceDeps {
  const modules = new Map<string, object>();
  let currentFile = entry;
  const dice = new SeededMath(new SeededRandom(vu.thread.seed, vu.number));
  const deps = { reseed: (seed: number) => dice.reseed(seed), random: () => dice.next() };
  const module = (name: string): object => {
    const known = modules.get(name);
    if (known !== undefined) return known;
    const created = createModule(name, vu, deps);
    if (created === undefined) throw new Error(`unknown module ${name}`);
    modules.set(name, created);
    return created;
  };
  const timers = createTimersModule(vu);
  modules.set('k6/timers', timers);
  return {
    guard: vu.guard,
    live,
    module,
    enterFile: (path) => {
      currentFile = path;
    },
    globals: {
      ...timers,
      console: createConsole(vu.thread.log),
      open: createOpen(vu, () => currentFile),
      Math: dice.math,
      crypto: globalThis.crypto,
    },
  };
}

/** `Math` of one virtual user. Its `random` is seeded from the run's seed and the user's number. */
class SeededMath {
  readonly math: object;
  #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.math = Object.create(Math, {
      random: { value: () => this.#random.fraction(), writable: true, configurable: true },
    });
  }

  next(): number {
    return this.#random.fraction();
  }

  reseed(seed: number): void {
    this.#random = new SeededRandom(seed, 0);
  }
}

/** The global `console`: each call writes a line in k6's log format. */
export function createConsole(log: ScriptLog): Readonly<Record<string, unknown>> {
  const write =
    (level: ScriptLogLevel) =>
    (...args: unknown[]): void =>
      log.write({ level, text: args.map(textOf).join(' '), source: 'console' });
  const info = write('info');
  return {
    log: info,
    info,
    debug: write('debug'),
    trace: write('debug'),
    warn: write('warning'),
    error: write('error'),
  };
}

/**
 * Formats a value: texts unchanged, errors by name and message without wsg's stack, everything else
 * as JSON if it can be serialised.
 */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return String(value);
  if (typeof value === 'function') return '[object Function]';
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? '[object Object]';
  } catch {
    return '[object Object]';
  }
}

/**
 * The global `open` of one virtual user. Returns a file's text, or its bytes with `'b'`. Paths are
 * relative to the folder of the calling file (`currentFile`). Available only in the init context. A
 * file is read once per thread.
 */
export function createOpen(vu: VuContext, currentFile: () => string): (path: unknown, mode?: unknown) => unknown {
  return (path, mode) => {
    if (!vu.isInit) throw new Error('open() can only be used in the init context');
    if (typeof path !== 'string' || path === '') throw new TypeError("open() can't be used with an empty filename");
    const bytes = read(vu.thread.files, resolve(dirname(currentFile()), path.replace(/^file:\/\//, '')));
    return mode === 'b' ? toArrayBuffer(bytes) : bytes.toString('utf8');
  };
}

function read(files: Map<string, Buffer>, path: string): Buffer {
  const known = files.get(path);
  if (known !== undefined) return known;
  try {
    const bytes = readFileSync(path);
    files.set(path, bytes);
    return bytes;
  } catch (error) {
    const reason = systemErrorCode(error) === 'ENOENT' ? 'no such file or directory' : errorMessage(error);
    throw new Error(`open ${path}: ${reason}`, { cause: error });
  }
}
