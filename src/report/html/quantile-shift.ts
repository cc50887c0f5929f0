import type { Comparison, Gate } from '../compare/comparison.js';
import { judgeGates, type Sides } from '../compare/judge-gates.js';
import { loadRun, type LoadedRun } from '../compare/loaded-run.js';

const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

/** How each quantile of a trend changed: a shift function (Doksum 1974; Wilcox 1995) in ratios, with the interval that gates have. */
export interface QuantileShift {
  readonly series: string;
  readonly quantiles: readonly number[];
  /** New against base: .1 is 10 % more; null where it cannot be told. */
  readonly change: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** The shifts of series, for runs that can be compared. Reads the runs again: they were counted for other quantiles. */
export async function quantileShifts(
  sides: Sides,
  names: readonly string[],
  settings: Comparison['settings'],
): Promise<readonly QuantileShift[]> {
  const gates = new Map(names.map((series) => [series, gatesOf(series, settings)]));
  const wish = { gates: [...gates.values()].flat(), warmupMs: settings.warmupMs };
  const load = (runs: readonly LoadedRun[]): Promise<LoadedRun[]> =>
    Promise.all(runs.map(({ path }) => loadRun(path, wish)));
  const counted = { base: await load(sides.base), next: await load(sides.next) };
  return [...gates].map(([series, own]) => {
    // What blocks the whole comparison was decided before: here only figures are wanted.
    const results = judgeGates(counted, own, settings, {
      blocking: [],
      hasNewStalls: false,
      strain: { base: false, next: false },
    });
    return {
      series,
      quantiles: QUANTILES,
      change: results.map(({ change }) => change),
      low: results.map(({ interval }) => interval?.low ?? null),
      high: results.map(({ interval }) => interval?.high ?? null),
    };
  });
}

function gatesOf(series: string, settings: Comparison['settings']): readonly Gate[] {
  return QUANTILES.map((quantile) => ({
    text: '',
    series,
    aggregate: { type: 'quantile', quantile },
    worse: 'up',
    budget: settings.defaultBudget,
    origin: 'default',
  }));
}
