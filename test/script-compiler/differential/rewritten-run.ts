import { Guard, type Returned, type ScriptFunction } from '../../../src/loadgen/script/runtime/guard.js';
import { instantiate, loadModule, type ScriptInstance } from '../../../src/loadgen/script/runtime/script-instance.js';
import type { CompiledScript } from '../../../src/script-compiler/compiled-script.js';
import { response, socketOf, World } from './world.mjs';

const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/**
 * Runs a rewritten script with functions that only simulate blocking, and returns its log lines.
 */
export async function runRewritten(compiled: CompiledScript, calls: readonly string[]): Promise<string[]> {
  const world = new World();
  const guard = new Guard();
  const modules = modulesOf(world, guard);
  const log = (...parts: unknown[]): void => world.log(...parts);
  try {
    const instance = await instantiate(loadModule(compiled), {
      guard,
      live: { __VU: 1, __ITER: 0, __ENV: { NAME: 'value' } },
      globals: {
        console: { log, error: log },
        setTimeout: (callback: ScriptFunction, ms?: number, ...args: unknown[]) =>
          world.later(ms ?? 0, () => guard.call(callback, undefined, args)),
        clearTimeout: (id: number) => world.cancel(id),
      },
      module: (name) => modules.get(name) ?? {},
      enterFile: () => undefined,
    });
    for (const name of calls) await iterate({ world, guard, instance }, name);
  } catch (error) {
    world.log('threw', error);
  }
  return world.lines;
}

interface Running {
  readonly world: World;
  readonly guard: Guard;
  readonly instance: ScriptInstance;
}

async function iterate({ world, guard, instance }: Running, name: string): Promise<void> {
  guard.begin();
  try {
    const { value } = await instance.call(name, [{ start: 1 }]);
    if (!(value instanceof Promise)) {
      await settle();
      await guard.whenFree();
      world.log('returned', value);
    } else {
      value.then(
        (settled) => world.log('resolved', settled),
        (error: unknown) => world.log('rejected', error),
      );
    }
  } catch (error) {
    world.log('threw', error);
  }
  await settle();
  await guard.whenFree();
  for (let timer = world.next(); timer !== undefined; timer = world.next()) {
    try {
      await timer.run();
    } catch (error) {
      world.log('threw', error);
    }
    await settle();
    await guard.whenFree();
  }
}

function modulesOf(world: World, guard: Guard): Map<string, object> {
  const block = (name: string, ms: number, value?: unknown): Promise<unknown> =>
    guard.block(name, async () => {
      world.log(name);
      await settle();
      world.nowMs += ms;
      world.log(`/${name}`);
      return value;
    });
  const request =
    (name: string) =>
    (url: string): unknown =>
      block(`${name} ${url}`, 5, response(url));
  return new Map<string, object>([
    ['k6', { ...k6Of(world, guard), sleep: (seconds: number) => block(`sleep ${seconds}`, seconds * 1000) }],
    ['k6/ws', { connect: (...args: unknown[]) => guard.block('connect', () => connect(world, guard, args)) }],
    ['k6/data', { SharedArray }],
    [
      'k6/http',
      {
        get: request('get'),
        post: request('post'),
        del: request('del'),
        batch: (urls: string[]) => block(`batch ${urls.join()}`, 5, urls.map(response)),
        asyncRequest: (method: string, url: string) => {
          world.log(`async ${method} ${url}`);
          return new Promise((resolve) => void world.later(10, () => resolve(response(url))));
        },
      },
    ],
  ]);
}

class SharedArray {
  constructor(_name: string, load: () => object) {
    return load();
  }
}

async function connect(world: World, guard: Guard, [url, ...rest]: readonly unknown[]): Promise<unknown> {
  world.log(`connect ${String(url)}`);
  const { socket, calls } = socketOf(world, url);
  const setup = rest.at(-1);
  if (typeof setup === 'function')
    await guard.call((...args) => Reflect.apply(setup, undefined, args), undefined, [socket]);
  for (const [handler, args] of calls()) await guard.call(handler, undefined, args);
  world.log(`/connect ${String(url)}`);
  return { status: 101, url };
}

function k6Of(world: World, guard: Guard): object {
  return {
    fail: (message: string) => {
      throw new Error(message);
    },
    group: (name: string, run: ScriptFunction) =>
      drive(guard, function* () {
        world.log(`group ${name}`);
        try {
          return (yield guard.call(run, undefined, [])).value;
        } finally {
          world.log(`/group ${name}`);
        }
      }),
    check: (value: unknown, checks: Record<string, unknown>) =>
      drive(guard, function* () {
        let isWell = true;
        for (const [name, predicate] of Object.entries(checks)) {
          const call: ScriptFunction = (...args) =>
            typeof predicate === 'function' ? Reflect.apply(predicate, undefined, args) : predicate;
          const passed = Boolean((yield guard.call(call, undefined, [value])).value);
          world.log(`check ${name} ${passed}`);
          isWell &&= passed;
        }
        return isWell;
      }),
  };
}

type Step = Returned | Promise<Returned>;

/** Runs a native function step by step, synchronously as long as no step has to wait. */
function drive(guard: Guard, steps: () => Generator<Step, unknown, Returned>): unknown {
  const running = steps();
  const goOn = (step: IteratorResult<Step, unknown>): unknown => {
    if (step.done === true) return step.value;
    if (!(step.value instanceof Promise)) return goOn(running.next(step.value));
    const done = step.value.then(
      (returned) => guard.box(goOn(running.next(returned))),
      (error: unknown) => guard.box(goOn(running.throw(error))),
    );
    guard.waits = true;
    return done;
  };
  return goOn(running.next());
}
