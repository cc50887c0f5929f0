import { SeededRandom } from '../../core/seeded-random.js';
import { createConsole } from './modules/console.js';
import { createModule } from './modules/create-module.js';
import { createOpen } from './modules/open-file.js';
import { createTimersModule } from './modules/timers.js';
import type { ScriptEnvironment } from './runtime/script-instance.js';
import type { VuContext } from './runtime/vu-context.js';
import type { LiveGlobals } from './runtime/global-object.js';

/**
 * What a script sees of the world in one virtual user: globals, and modules made when first asked
 * for.
 */
export function createEnvironment(vu: VuContext, live: LiveGlobals, entry: string): ScriptEnvironment {
  const modules = new Map<string, object>();
  let currentFile = entry;
  const dice = new Dice(new SeededRandom(vu.thread.seed, vu.number));
  const tools = { reseed: (seed: number) => dice.reseed(seed), random: () => dice.next() };
  const module = (name: string): object => {
    const known = modules.get(name);
    if (known !== undefined) return known;
    const created = createModule(name, vu, tools);
    if (created === undefined) throw new Error(`there is no module ${name}`);
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

/** `Math` of one virtual user: its `random` follows from the run's seed and the user's number. */
class Dice {
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
