import { randomUUID } from 'node:crypto';
import type { VuContext } from '../runtime/vu-context.js';
import { createStageFunctions } from './jslib-k6-stages.js';
import { AsyncChecks } from './jslib-k6-check.js';
import { isObject } from './values.js';

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

/** Stages that follow a bell up to `maxVus` over `durationSeconds`: as many as wanted, and a ramp at each end. */
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
