import type { GaugeFigures, RateFigures, TrendFigures } from './records.js';

/** Adds the figures of `part` to those of the same names in `sums`. */
export function addByName<T>(
  sums: Map<string, T>,
  part: Readonly<Record<string, T>>,
  add: (sum: T, next: T, name: string) => T,
): void {
  for (const [name, next] of Object.entries(part)) {
    const sum = sums.get(name);
    sums.set(name, sum === undefined ? next : add(sum, next, name));
  }
}

export function addCounts(sum: number, next: number): number {
  return sum + next;
}

/** The later value stands; the range covers both. */
export function addGauges(sum: GaugeFigures, next: GaugeFigures): GaugeFigures {
  return { ...next, min: Math.min(sum.min, next.min), max: Math.max(sum.max, next.max) };
}

/**
 * Gauges of which each thread or shard has a part: the total is their sum. Of all others, the
 * latest value of any of them counts.
 */
const SUMMED_GAUGES: ReadonlySet<string> = new Set(['vus', 'vus_max', 'ws_connections']);

/** Whether the total of a gauge is the sum of its parts; for a series, its metric decides. */
export function isSummedGauge(series: string): boolean {
  const brace = series.indexOf('{');
  return SUMMED_GAUGES.has(brace < 0 ? series : series.slice(0, brace));
}

export function addRates(sum: RateFigures, next: RateFigures): RateFigures {
  return { passes: sum.passes + next.passes, fails: sum.fails + next.fails };
}

/** Trends without samples have 0 as their minimum and maximum, which must not count. */
export function addTrends(sum: TrendFigures, next: TrendFigures): TrendFigures {
  if (sum.count === 0) return next;
  if (next.count === 0) return sum;
  return {
    count: sum.count + next.count,
    min: Math.min(sum.min, next.min),
    max: Math.max(sum.max, next.max),
    sum: sum.sum + next.sum,
  };
}
