import type { VuContext } from '../runtime/vu-context.js';
import { CheckRecorder } from '../../metric/check-recorder.js';
import { NO_TAGS, type Tags } from '../../metric/series.js';
import { box, isThenable } from '../runtime/box.js';
import type { Returned, ScriptFunction } from '../runtime/guard.js';
import {
  badPathName,
  noAsyncCallback,
  notInInit,
  wrongType,
  tagsArgument,
  isFunction,
  isObject,
} from '../runtime/values.js';

/**
 * Runs `body` in the group with this path. Its samples carry the group tag. `group_duration` is
 * recorded unless the group is interrupted. A returned promise is awaited.
 */
export function runGroup(vu: VuContext, path: string, body: () => unknown): unknown {
  const { clock } = vu.thread;
  const before = { group: vu.group, tags: vu.tags };
  const startMs = clock.now();
  enter(vu, path);
  const inside = vu.tags;
  const leave = (): void => {
    if (vu.guard.interruption === undefined) {
      vu.thread.metrics.groupDuration.add(clock.now() - startMs, vu.tags);
      vu.thread.registry.noteGroup(path);
    }
    vu.group = before.group;
    if (vu.tags === inside) vu.tags = before.tags;
    else leaveWithTags(vu, before.tags);
  };
  let value: unknown;
  try {
    value = body();
  } catch (error) {
    leave();
    throw error;
  }
  if (value instanceof Promise) return vu.wait(value.finally(leave));
  leave();
  return value;
}

/** Sets the group path and its tag. */
function enter(vu: VuContext, path: string): void {
  vu.group = path;
  if (vu.thread.systemTags.has('group')) vu.tags = groupTags(vu.tags, path);
}

/** Restores the group tag and keeps the tags that the script set inside the group. */
function leaveWithTags(vu: VuContext, before: ReadonlyMap<string, string>): void {
  const tags = new Map(vu.tags);
  const outer = before.get('group');
  if (outer === undefined) tags.delete('group');
  else tags.set('group', outer);
  vu.tags = tags;
}

/** Returns the same object for the same tags and group, so that lookups by tags can be cached. */
const known = new WeakMap<object, Map<string, ReadonlyMap<string, string>>>();

function groupTags(tags: ReadonlyMap<string, string>, path: string): ReadonlyMap<string, string> {
  let children = known.get(tags);
  if (children === undefined) {
    children = new Map();
    known.set(tags, children);
  }
  let child = children.get(path);
  if (child === undefined) {
    child = new Map([...tags, ['group', path]]);
    children.set(path, child);
  }
  return child;
}

/** The module `k6` of one virtual user. `reseed` restarts its `Math.random`. */
export function createK6Module(vu: VuContext, reseed: (seed: number) => void): object {
  const checks = new Checks(vu);
  return {
    check: (value: unknown, sets: unknown, tags?: unknown) => checks.check(value, sets, tags),
    group: (name: unknown, callback: unknown) => group(vu, name, callback),
    sleep: (seconds: unknown) => sleep(vu, seconds),
    fail: (message: unknown = '') => {
      throw new Error(String(message));
    },
    randomSeed: (seed: unknown) => reseed(Math.trunc(Number(seed))),
  };
}

function sleep(vu: VuContext, seconds: unknown): Promise<undefined> {
  if (vu.isInit) throw notInInit('sleep()');
  const delayMs = Number(seconds) * 1000;
  return vu.block('sleep', async (onInterrupt) => {
    if (!(delayMs > 0)) return undefined;
    await new Promise<void>((resolve) => {
      onInterrupt(vu.thread.clock.schedule(resolve, delayMs));
    });
    return undefined;
  });
}

function group(vu: VuContext, name: unknown, callback: unknown): unknown {
  if (vu.isInit) throw notInInit('group()');
  if (!isFunction(callback)) throw wrongType('group()', callback, 'a function');
  const text = String(name);
  if (text.includes('::')) throw badPathName();
  return runGroup(vu, `${vu.group}::${text}`, () => {
    const returned = vu.guard.call(callback, undefined, []);
    return returned instanceof Promise ? returned.then(({ value }) => box(value)) : groupValue(returned);
  });
}

function groupValue({ value }: Returned): unknown {
  if (isThenable(value)) {
    value.then(undefined, () => undefined);
    throw noAsyncCallback('group');
  }
  return value;
}

interface CheckJob {
  readonly value: unknown;
  readonly names: readonly string[];
  readonly sets: Readonly<Record<string, unknown>>;
  readonly tags: Tags;
  hasPassed: boolean;
}

/**
 * `check` of one virtual user. It runs once per message of a typical script. The recorder of a
 * check without tags of its own is looked up once.
 */
class Checks {
  readonly #recorders = new Map<string, CheckRecorder>();
  #recordersTags: Tags = NO_TAGS;

  readonly #vu: VuContext;

  constructor(vu: VuContext) {
    this.#vu = vu;
  }

  check(value: unknown, sets: unknown, tags: unknown): unknown {
    if (this.#vu.isInit) throw notInInit('check()');
    if (!isObject(sets)) throw wrongType('check()', sets, 'an object of checks');
    const job = { value, sets, names: Object.keys(sets), tags: tagsArgument('check()', tags), hasPassed: true };
    return this.#go(job, 0);
  }

  #go(job: CheckJob, from: number): unknown {
    for (let index = from; index < job.names.length; index += 1) {
      const name = job.names[index] ?? '';
      const condition = job.sets[name];
      if (!isFunction(condition)) this.#record(job, name, condition);
      else {
        const pending = this.#ask(job, name, condition);
        if (pending !== undefined) return this.#vu.wait(pending.then(() => this.#go(job, index + 1)));
      }
    }
    return job.hasPassed;
  }

  /** A predicate that throws counts as failed before the script sees the error. */
  #ask(job: CheckJob, name: string, predicate: ScriptFunction): Promise<void> | undefined {
    try {
      const returned = this.#vu.guard.call(predicate, undefined, [job.value]);
      if (returned instanceof Promise) return this.#answer(job, name, returned);
      this.#record(job, name, returned.value);
      return undefined;
    } catch (error) {
      if (error !== this.#refusal) this.#recordThrow(job, name);
      throw error;
    }
  }

  async #answer(job: CheckJob, name: string, returned: Promise<Returned>): Promise<void> {
    let value: unknown;
    try {
      ({ value } = await returned);
    } catch (error) {
      this.#recordThrow(job, name);
      throw error;
    }
    this.#record(job, name, value);
  }

  #refusal: Error | undefined;

  #recordThrow(job: CheckJob, name: string): void {
    if (this.#vu.guard.interruption === undefined) this.#record(job, name, false);
  }

  #record(job: CheckJob, name: string, value: unknown): void {
    if (isThenable(value)) {
      value.then(undefined, () => undefined);
      this.#refusal = noAsyncCallback('check');
      throw this.#refusal;
    }
    const isPassed = Boolean(value);
    if (!isPassed) job.hasPassed = false;
    this.#recorder(name, job.tags).add(isPassed);
  }

  #recorder(name: string, tags: Tags): CheckRecorder {
    if (tags.size > 0) return this.#create(name, this.#vu.tagsWith(tags));
    if (this.#recordersTags !== this.#vu.tags) {
      this.#recorders.clear();
      this.#recordersTags = this.#vu.tags;
    }
    const known = this.#recorders.get(name);
    if (known !== undefined) return known;
    const recorder = this.#create(name, this.#vu.tags);
    this.#recorders.set(name, recorder);
    return recorder;
  }

  #create(name: string, tags: Tags): CheckRecorder {
    if (name.includes('::')) throw badPathName();
    const { registry, metrics, systemTags } = this.#vu.thread;
    const all = systemTags.has('check') ? new Map([...tags, ['check', name]]) : tags;
    return new CheckRecorder(registry.check(name, this.#vu.group), metrics.checks.bind(all));
  }
}
