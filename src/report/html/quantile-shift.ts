import type { Comparison, Gate } from '../compare/comparison.js';
import { judgeGates, type Sides } from '../compare/judge-gates.js';

const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

/** How each quantile of a trend changed: a shift function (Doksum 1974; Wilcox 1995) in ratios, with the interval that gates have. */
export interface QuantileShift {
  readonly quantiles: readonly number[];
  /** New against base: .1 is 10 % more; null where it cannot be told. */
  readonly change: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** The shift of a series whose seconds were loaded; for runs that can be compared. */
export function quantileShift(sides: Sides, series: string, settings: Comparison['settings']): QuantileShift {
  const gates = QUANTILES.map((quantile): Gate => ({
    text: '',
    series,
    aggregate: { type: 'quantile', quantile },
    worse: 'up',
    budget: settings.defaultBudget,
    origin: 'default',
  }));
  // What blocks the whole comparison was decided before: here only figures are wanted.
  const results = judgeGates(sides, gates, settings, { blocking: [], hasNewStalls: false });
  return {
    quantiles: QUANTILES,
    change: results.map(({ change }) => change),
    low: results.map(({ interval }) => interval?.low ?? null),
    high: results.map(({ interval }) => interval?.high ?? null),
  };
}
