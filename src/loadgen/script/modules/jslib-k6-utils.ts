import type { VuContext } from '../runtime/vu-context.js';
import { createStageFunctions } from './jslib-k6-stages.js';
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
    uuidv4: (): string => randomUuid(random),
    findBetween: (content: unknown, left: unknown, right: unknown, isRepeated: unknown = false): string | string[] => {
      const found = partsBetween(String(content), String(left), String(right));
      return isRepeated === true ? found : (found[0] ?? '');
    },
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

/** Stages that follow a bell up to `maxVus` over `durationSeconds`. */
function normalDistributionStages(maxVus: unknown, durationSeconds: unknown, numberOfStages: unknown = 10): object[] {
  const count = Number(numberOfStages);
  const seconds = Number(durationSeconds) / (count + 2);
  const peak = bell(0);
  const stages = Array.from({ length: count + 2 }, (_, index) => {
    const position = count <= 1 ? 0 : -2 + (4 * (index - 1)) / (count - 1);
    const isEdge = index === 0 || index === count + 1;
    const target = isEdge ? 0 : Math.ceil((Number(maxVus) * bell(position)) / peak);
    return { duration: `${Math.ceil(seconds)}s`, target };
  });
  return stages;
}

function bell(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}
