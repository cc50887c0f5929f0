import { readHeader } from '../../run-file/index.js';
import { compareLoaded } from '../compare/compare-runs.js';
import type { Comparison, Gate } from '../compare/comparison.js';
import { DEFAULT_BUDGET, DEFAULT_NOISE } from '../compare/comparison-warnings.js';
import { defaultGates } from '../compare/gates/default-gates.js';
import { loadRun, type LoadedRun } from '../compare/seconds/loaded-run.js';

/** Result of testing the gates of a run. */
export interface Selftest {
  /**
   * Factor by which the times of the slowed copy are multiplied; its comparison with the run must
   * be a regression.
   */
  readonly factor: number;
  readonly slowed: Comparison;
  /** The second half against the first; must not be a regression. */
  readonly halves: Comparison;
  readonly holds: boolean;
}

/**
 * Tests whether the gates of a run detect a copy that is slowed by a known factor, and whether two
 * halves of the run give a false alarm.
 */
export async function selftestRun(path: string, gates: readonly Gate[], factor: number): Promise<Selftest> {
  const header = await readHeader(path);
  const wanted = gates.length > 0 ? gates : defaultGates(header, DEFAULT_BUDGET);
  const run = await loadRun(path, { gates: wanted, warmupMs: undefined });
  // Only times can be slowed; the counters and rates of the copy do not change.
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
