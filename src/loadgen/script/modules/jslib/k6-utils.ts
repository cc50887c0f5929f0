import { randomUUID, createHash } from 'node:crypto';
import type { VuContext } from '../../runtime/vu-context.js';
import { isObject, tagsArgument, isFunction, asText, property } from '../../runtime/values.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';

/** The library `k6-utils` of jslib.k6.io; `random` is the virtual user's `Math.random`. */
export function createK6Utils(vu: VuContext, random: () => number): object {
  const randomIntBetween = (least: unknown, most: unknown): number =>
    Math.floor(random() * (Number(most) - Number(least) + 1) + Number(least));
  return {
    randomIntBetween,
    randomItem: (items: unknown): unknown => {
      if (!isObject(items)) return undefined;
      return Reflect.get(items, String(Math.floor(random() * Number(items['length']))));
    },
    randomString: (length: unknown, charset: unknown = ALPHABET): string => {
      const letters = String(charset);
      return Array.from({ length: Number(length) }, () => letters[Math.floor(random() * letters.length)]).join('');
    },
    uuidv4: (isSecure: unknown = false): string => (isSecure === true ? randomUUID() : randomUuid(random)),
    findBetween: (content: unknown, left: unknown, right: unknown, isRepeated: unknown = false): unknown => {
      const found = partsBetween(String(content), String(left), String(right));
      if (found.length === 0) return null;
      return isRepeated === true ? found : found[0];
    },
    check: (value: unknown, checkers: unknown, tags?: unknown) => new AsyncChecks(vu, tags).check(value, checkers),
    normalDistributionStages,
    ...createStageFunctions(vu),
  };
}

/** Returns a UUID of version 4, generated with `random`. */
export function randomUuid(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (digit) => {
    const value = Math.floor(random() * 16);
    return (digit === 'x' ? value : (value & 3) | 8).toString(16);
  });
}

function partsBetween(content: string, left: string, right: string): string[] {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const start = content.indexOf(left, at);
    const end = start < 0 ? -1 : content.indexOf(right, start + left.length);
    if (end < 0) return parts;
    parts.push(content.slice(start + left.length, end));
    at = end + right.length;
  }
}

/** The range of the normal distribution, in standard deviations from the peak. */
const BELL_EDGE = 2;

/**
 * Returns stages that follow a normal distribution up to `maxVus` over `durationSeconds`: the
 * requested number, plus a ramp at each end.
 */
function normalDistributionStages(maxVus: unknown, durationSeconds: unknown, numberOfStages: unknown = 10): object[] {
  const count = Number(numberOfStages);
  const seconds = Number(durationSeconds);
  // Each of the two ramps takes one sixth of the time.
  const ramp = Math.ceil(seconds / 6);
  const step = Math.ceil((4 * seconds) / (6 * count));
  const heights = Array.from({ length: count + 1 }, (_, index) => bell(-BELL_EDGE + (2 * BELL_EDGE * index) / count));
  const peak = Math.max(...heights);
  const targets = [...heights.map((height) => Math.round((height * Number(maxVus)) / peak)), 0];
  return targets.map((target, index) => {
    const isRamp = index === 0 || index === count + 1;
    return { duration: `${isRamp ? ramp : step}s`, target };
  });
}

function bell(x: number): number {
  return Math.exp(-0.5 * x * x);
}

const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

/** The library `uuid` of jslib.k6.io: versions 1, 3, 4 and 5, and functions to inspect a UUID. */
export function createUuid(random: () => number): object {
  const all = {
    v1: () => timeUuid(random),
    v3: (name: unknown, namespace: unknown = DNS) => namedUuid('md5', 0x30, String(name), String(namespace)),
    v4: () => randomUuid(random),
    v5: (name: unknown, namespace: unknown = DNS) => namedUuid('sha1', 0x50, String(name), String(namespace)),
    validate: (text: unknown) => UUID.test(String(text)),
    version: (text: unknown) => Number.parseInt(String(text).charAt(14), 16),
    NIL: '00000000-0000-0000-0000-000000000000',
  };
  return { ...all, default: all };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Units of 100 ns between 15 October 1582 and the Unix epoch. */
const GREGORIAN_OFFSET = 122_192_928_000_000_000n;

function timeUuid(random: () => number): string {
  const ticks = BigInt(Date.now()) * 10_000n + GREGORIAN_OFFSET + BigInt(Math.floor(random() * 10_000));
  const hex = ticks.toString(16).padStart(15, '0');
  const node = randomUuid(random).slice(-12);
  return `${hex.slice(7)}-${hex.slice(3, 7)}-1${hex.slice(0, 3)}-${randomUuid(random).slice(19, 23)}-${node}`;
}

function namedUuid(algorithm: 'md5' | 'sha1', version: number, name: string, namespace: string): string {
  const bytes = createHash(algorithm)
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | version;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * `check` of `k6-utils`. Unlike `check` of `k6`, it accepts promises as value and as conditions,
 * and then returns a promise. It records `checks` with the tag `check`, and no tree of checks, as
 * the library does.
 */
export class AsyncChecks {
  readonly #vu: VuContext;
  readonly #tags: ReadonlyMap<string, string>;

  constructor(vu: VuContext, tags: unknown) {
    this.#vu = vu;
    this.#tags = tagsArgument('check()', tags);
  }

  check(value: unknown, checkers: unknown): unknown {
    if (value instanceof Promise) return value.then((settled: unknown) => this.check(settled, checkers));
    const entries = Object.entries(isObject(checkers) ? checkers : {});
    const results: unknown[] = [];
    const go = (from: number): unknown => {
      for (let index = from; index < entries.length; index += 1) {
        const [name = '', checker] = entries[index] ?? [];
        if (!isFunction(checker)) results.push(this.#outcome(name, checker));
        else {
          const returned = this.#vu.guard.call(checker, undefined, [value]);
          // The condition blocks, for example on a request.
          if (returned instanceof Promise)
            return this.#vu.wait(
              returned.then((late) => {
                results.push(this.#outcome(name, late.value));
                return go(index + 1);
              }),
            );
          results.push(this.#outcome(name, returned.value));
        }
      }
      return hasPassed(results);
    };
    return go(0);
  }

  #outcome(name: string, outcome: unknown): unknown {
    return outcome instanceof Promise
      ? outcome.then((settled: unknown) => this.#record(name, settled))
      : this.#record(name, outcome);
  }

  #record(name: string, value: unknown): boolean {
    const tags = new Map([...this.#tags, ['check', name] as const]);
    this.#vu.thread.metrics.checks.add(value ? 1 : 0, this.#vu.tagsWith(tags));
    return Boolean(value);
  }
}

function hasPassed(results: readonly unknown[]): unknown {
  const isPassed = (all: readonly unknown[]): boolean => all.every(Boolean);
  return results.some((result) => result instanceof Promise) ? Promise.all(results).then(isPassed) : isPassed(results);
}

/** Functions of `k6-utils` that depend on the current stage of a scenario. */
export function createStageFunctions(vu: VuContext): object {
  const tag = (name: string, value: string): void => {
    vu.tags = new Map([...vu.tags, [name, value]]);
  };
  return {
    parseDuration: (text: unknown) => parseStageDuration(text),
    getCurrentStageIndex: () => currentStage(vu).index,
    tagWithCurrentStageIndex: () => tag('stage', String(currentStage(vu).index)),
    tagWithCurrentStageProfile: () => tag('stage_profile', profileOf(currentStage(vu))),
  };
}

interface CurrentStage {
  readonly index: number;
  /** Targets at the beginning and the end of the stage. */
  readonly from: number;
  readonly target: number;
}

/** After the last stage, returns the last one. */
function currentStage({ scenario, thread }: VuContext): CurrentStage {
  const settings = property(property(thread.options, 'scenarios'), scenario?.name ?? '');
  const stages = property(settings, 'stages');
  if (scenario === undefined || !Array.isArray(stages) || stages.length === 0) {
    throw new Error('only ramping-vus and ramping-arrival-rate have stages, and only during an iteration');
  }
  const elapsedMs = thread.clock.now() - scenario.startMs();
  let endMs = 0;
  const at = stages.findIndex((stage: unknown) => {
    endMs += parseStageDuration(property(stage, 'duration'));
    return elapsedMs < endMs;
  });
  const index = at < 0 ? stages.length - 1 : at;
  return {
    index,
    from: targetOf(stages[index - 1]),
    target: targetOf(stages[index]),
  };
}

function targetOf(stage: unknown): number {
  return isObject(stage) ? Number(stage['target']) : 0;
}

function profileOf({ index, from, target }: CurrentStage): string {
  if (index === 0 || target > from) return 'ramp-up';
  return target < from ? 'ramp-down' : 'steady';
}

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/**
 * Parses a duration such as `1d5h31m20s7ms` to milliseconds. A number without a unit means
 * milliseconds. Throws with the library's messages.
 */
function parseStageDuration(text: unknown): number {
  const given = text === undefined || text === null ? '' : asText(text);
  if (given === '') throw new Error('str is empty');
  const seen = new Set<string>();
  let sum = 0;
  for (const [, number = '', unit = ''] of given.matchAll(/([\d.]*)(ms|[^\d.]?)/g)) {
    if (unit !== '' && seen.has(unit)) throw new Error(`${unit} time unit is provided multiple times`);
    seen.add(unit);
    sum += partMs(number, unit);
  }
  return sum;
}

function partMs(number: string, unit: string): number {
  const unitMs = UNIT_MS[unit === '' ? 'ms' : unit];
  if (unitMs === undefined) throw new Error(`${unit} is an unsupported time unit`);
  const partMs = number === '' ? 0 : Number.parseFloat(number) * unitMs;
  // Fractions of a millisecond are dropped.
  return unit === 'ms' ? Math.trunc(partMs) : partMs;
}
