import { readHeader } from '../../run-file/index.js';
import { WsgError } from '../../core/error.js';
import { chooseBaselines } from './baselines/choose-baselines.js';
import { compareLoaded, type LoadedComparison } from './compare-runs.js';
import { DEFAULT_BUDGET, DEFAULT_NOISE } from './comparison-warnings.js';
import type { Gate } from './comparison.js';
import { defaultGates } from './gates/default-gates.js';
import { DIFFERENCE_KEYS } from './differences.js';
import { loadRun, type LoadedRun, type LoadWish, type Sides } from './seconds/loaded-run.js';
import { DEFAULT_ANCHOR } from './baselines/split-baselines.js';

/** What is to be compared, and how. */
export interface CompareOptions {
  readonly base: readonly string[];
  readonly next: readonly string[];
  /** The default ones of the scenario when empty. */
  readonly gates: readonly Gate[];
  readonly budget?: number;
  readonly noise?: number;
  /** Instead of what the runs say. */
  readonly warmupMs?: number;
  /**
   * Differences that do not matter, and that decide although they usually do not, by their keys.
   */
  readonly allowed?: readonly string[];
  readonly required?: readonly string[];
  /**
   * The base is a set of baselines: what does not fit is left out of it, and its first runs are the
   * anchor. Undefined where each run was chosen.
   */
  readonly baselines?: { readonly anchor?: number };
  /** Hears how much has been read, 0 to 1. */
  readonly read?: (share: number) => void;
}

/**
 * Compares two sets of runs. Throws what `readRun` throws, and `usage` when there is nothing to
 * compare.
 */
export async function compareFiles(options: CompareOptions): Promise<LoadedComparison> {
  const { base, next, baselines } = options;
  if (base.length === 0 || next.length === 0) throw new WsgError('usage', 'A comparison needs a run on each side.');
  const rules = { allowed: options.allowed ?? [], required: options.required ?? [] };
  refuseUnknown([...rules.allowed, ...rules.required]);
  const isBaseline = baselines !== undefined;
  const { kept, leftOut } = isBaseline ? await chooseBaselines(base, next, rules) : { kept: base, leftOut: [] };
  const header = await readHeader(kept[0] ?? '');
  const settings = {
    ...settingsOf(options),
    ...rules,
    warmupMs: options.warmupMs ?? header.warmupMs,
    leftOut,
    isBaseline,
  };
  const gates = options.gates.length > 0 ? options.gates : defaultGates(header, settings.budget);
  const sides = await loadSides({ ...options, base: kept }, { gates, warmupMs: options.warmupMs });
  return compareLoaded(sides, gates, settings);
}

function settingsOf({ budget = DEFAULT_BUDGET, noise = DEFAULT_NOISE, baselines = {} }: CompareOptions): {
  readonly budget: number;
  readonly noise: number;
  readonly anchor: number;
} {
  return { budget, noise, anchor: baselines.anchor ?? DEFAULT_ANCHOR };
}

function refuseUnknown(keys: readonly string[]): void {
  const unknown = keys.filter((key) => !DIFFERENCE_KEYS.includes(key));
  if (unknown.length === 0) return;
  throw new WsgError('usage', `There is no difference called ${unknown.join(', ')}.`, {
    hint: `They are ${DIFFERENCE_KEYS.join(', ')}.`,
  });
}

async function loadSides({ base, next, read }: CompareOptions, wish: LoadWish): Promise<Sides> {
  const loaded: LoadedRun[] = [];
  const paths = [...base, ...next];
  for (const path of paths) {
    loaded.push(await loadRun(path, wish));
    read?.(loaded.length / paths.length);
  }
  return { base: loaded.slice(0, base.length), next: loaded.slice(base.length) };
}
