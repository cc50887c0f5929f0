import { readHeader } from '../../run-file/index.js';
import { compareLoaded } from '../compare/compare-runs.js';
import type { Comparison, Gate } from '../compare/comparison.js';
import { DEFAULT_BUDGET, DEFAULT_NOISE } from '../compare/comparison-warnings.js';
import { defaultGates } from '../compare/gates/default-gates.js';
import { loadRun, type LoadedRun } from '../compare/seconds/loaded-run.js';

/** Whether the gates of a run are worth something. */
export interface Selftest {
  /** A copy with every time so many times as long, against the run: has to be a regression. */
  readonly factor: number;
  readonly slowed: Comparison;
  /** The second half against the first: must not be one. */
  readonly halves: Comparison;
  readonly holds: boolean;
}

/**
 * Slows a copy of a run down by a known factor and looks whether its gates find it, and whether
 * they cry wolf at two halves of the run itself.
 */
export async function selftestRun(path: string, gates: readonly Gate[], factor: number): Promise<Selftest> {
  const header = await readHeader(path);
  const wanted = gates.length > 0 ? gates : defaultGates(header, DEFAULT_BUDGET);
  const run = await loadRun(path, { gates: wanted, warmupMs: undefined });
  // Counters and rates of a copy stay as they are: only times can be slowed down.
  const timed = wanted.filter(({ series }) => run.counts.has(series) && series in run.run.end.totals.trends);
  const settings = { budget: DEFAULT_BUDGET, noise: DEFAULT_NOISE, warmupMs: header.warmupMs, allowed: [] };
  const against = (base: LoadedRun, next: LoadedRun): Comparison =>
    compareLoaded({ base: [base], next: [next] }, timed, settings).comparison;
  const slowed = against(run, slowedCopy(run, factor));
  const middle = Math.floor((run.from + run.to) / 2);
  const halves = against({ ...run, to: middle }, { ...run, from: middle, identity: 'the second half' });
  const isFound = slowed.gates.length > 0 && slowed.gates.every(({ verdict }) => verdict === 'regression');
  return { factor, slowed, halves, holds: isFound && halves.verdict !== 'regression' };
}

function slowedCopy(run: LoadedRun, factor: number): LoadedRun {
  const counts = new Map([...run.counts].map(([series, seconds]) => [series, seconds.slowed(factor)]));
  const service = new Map([...run.service].map(([series, seconds]) => [series, seconds.slowed(factor)]));
  return { ...run, path: `${run.path} (slowed)`, identity: 'the slowed copy', counts, service };
}
