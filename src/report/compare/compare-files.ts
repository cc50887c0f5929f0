import { readHeader } from '../../run-file/index.js';
import { WsgError } from '../../core/error.js';
import { chooseBaselines } from './baselines/choose-baselines.js';
import { compareLoaded, type LoadedComparison } from './compare-runs.js';
import { DEFAULT_BUDGET, DEFAULT_NOISE } from './comparison-warnings.js';
import type { Gate } from './comparison.js';
import { defaultGates } from './gates/default-gates.js';
import { DIFFERENCE_KEYS } from './differences.js';
import { loadRun, type LoadedRun, type LoadRunOptions, type Sides } from './seconds/loaded-run.js';
import { DEFAULT_ANCHOR } from './baselines/split-baselines.js';

/** Input of a comparison. */
export interface CompareOptions {
  readonly base: readonly string[];
  readonly next: readonly string[];
  /** If empty, the default gates of the scenario. */
  readonly gates: readonly Gate[];
  readonly budget?: number;
  readonly noise?: number;
  /** Replaces the warm-up that the runs record. */
  readonly warmupMs?: number;
  /**
   * Keys of differences to ignore, and of differences that make the comparison invalid although
   * they usually do not.
   */
  readonly allowed?: readonly string[];
  readonly required?: readonly string[];
  /**
   * Set if the base is a set of baselines: runs that do not fit are left out, and the first ones
   * are the anchor. Undefined if each run was named.
   */
  readonly baselines?: { readonly anchor?: number };
  /** Receives the share that has been read, 0 to 1. */
  readonly read?: (share: number) => void;
}

/**
 * Compares two sets of runs. Throws the errors of `readRun`, and `usage` when a side is empty or a
 * key of a difference is unknown.
 */
export async function compareFiles(options: CompareOptions): Promise<LoadedComparison> {
  const { base, next, baselines } = options;
  if (base.length === 0 || next.length === 0)
    throw new WsgError('usage', 'A comparison needs at least one run on each side.');
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
  throw new WsgError('usage', `Unknown difference '${unknown.join("', '")}'.`, {
    hint: `Known differences: ${DIFFERENCE_KEYS.join(', ')}.`,
  });
}

async function loadSides({ base, next, read }: CompareOptions, options: LoadRunOptions): Promise<Sides> {
  const loaded: LoadedRun[] = [];
  const paths = [...base, ...next];
  for (const path of paths) {
    loaded.push(await loadRun(path, options));
    read?.(loaded.length / paths.length);
  }
  return { base: loaded.slice(0, base.length), next: loaded.slice(base.length) };
}
