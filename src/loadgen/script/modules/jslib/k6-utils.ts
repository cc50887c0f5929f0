import { randomUUID, createHash } from 'node:crypto';
import type { VuContext } from '../../runtime/vu-context.js';
import { isObject } from '../../runtime/values.js';
import { createStageFunctions } from './k6-stages.js';
import { AsyncChecks } from './k6-check.js';

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

/** A UUID of version 4 whose randomness follows from `random`. */
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

/** How far from the peak, in standard deviations, the bell begins and ends. */
const BELL_EDGE = 2;

/**
 * Stages that follow a bell up to `maxVus` over `durationSeconds`: as many as wanted, and a ramp at
 * each end.
 */
function normalDistributionStages(maxVus: unknown, durationSeconds: unknown, numberOfStages: unknown = 10): object[] {
  const count = Number(numberOfStages);
  const seconds = Number(durationSeconds);
  // The ramps at both ends take one sixth of the time each.
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

/** The library `uuid` of jslib.k6.io: versions 1, 3, 4, 5, and what tells them apart. */
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
/** 100 ns from 15 October 1582 to the Unix epoch. */
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
