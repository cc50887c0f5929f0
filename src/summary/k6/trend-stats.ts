import { WsgError } from '../../core/error.js';
import type { TrendTotals } from '../../run-file/records.js';

/** A column of k6's trends: `avg`, `min`, `med`, `max`, `count` or `p(N)`. */
export interface TrendStat {
  readonly name: string;
  /** Reads the figure; undefined if it needs a histogram and the trend has none. */
  readonly of: (trend: TrendTotals) => number | undefined;
}

/** k6's default columns. */
export const DEFAULT_TREND_STATS = 'avg,min,med,max,p(90),p(95)';

const PLAIN_STATS: Readonly<Record<string, TrendStat['of']>> = {
  avg: (trend) => (trend.count === 0 ? 0 : trend.sum / trend.count),
  min: (trend) => trend.min,
  max: (trend) => trend.max,
  count: (trend) => trend.count,
  med: (trend) => quantileOf(trend, 0.5),
};

/**
 * Parses a comma-separated list of columns, in its order. Throws `options.invalid` with every
 * unknown name.
 */
export function parseTrendStats(list: string): readonly TrendStat[] {
  const names = list.split(',').map((name) => name.trim());
  const problems = trendStatProblems(names);
  if (problems.length > 0) {
    const unknown = names.filter((name) => parseTrendStat(name) === undefined).map((name) => `"${name}"`);
    throw new WsgError('options.invalid', `unknown trend column: ${unknown.join(', ')}`, {
      problems: problems.map((problem) => `summary-trend-stats: ${problem}`),
    });
  }
  return names.flatMap((name) => parseTrendStat(name) ?? []);
}

/** A sentence for each unknown column. */
export function trendStatProblems(names: readonly string[]): string[] {
  return names
    .filter((name) => parseTrendStat(name) === undefined)
    .map((name) => `'${name}' is none of avg, min, med, max, count and p(N), N from 0 to 100 as in p(99.9)`);
}

function parseTrendStat(name: string): TrendStat | undefined {
  const plain = Object.hasOwn(PLAIN_STATS, name) ? PLAIN_STATS[name] : undefined;
  if (plain !== undefined) return { name, of: plain };
  const percentile = Number(/^p\((\d+(?:\.\d+)?)\)$/.exec(name)?.[1]);
  if (!(percentile <= 100)) return undefined;
  return { name, of: (trend) => quantileOf(trend, percentile / 100) };
}

function quantileOf(trend: TrendTotals, q: number): number | undefined {
  if (trend.count === 0) return 0;
  return (trend.sketch ?? trend.histograms.response)?.quantile(q);
}
