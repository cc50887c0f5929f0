import type { MetricContains, RunTotals } from '../../run-file/records.js';
import type { RunSnapshot } from '../live/run-snapshot.js';
import { parseSeriesName } from '../../core/series-name.js';

/** Quantiles of trends in outputs. */
export const OUTPUT_QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999] as const;

/** Values of one series of a run so far, for outputs of whole runs; times are in seconds. */
export interface OutputSeries {
  readonly metric: string;
  /** Tags of a submetric; empty for the metric itself. */
  readonly tags: ReadonlyMap<string, string>;
  /** Unit of `values`. */
  readonly unit: 'seconds' | 'bytes' | 'none';
  readonly values: OutputValues;
}

export type OutputValues =
  | { readonly type: 'counter'; readonly total: number }
  | { readonly type: 'gauge'; readonly value: number }
  | { readonly type: 'rate'; readonly passes: number; readonly fails: number }
  | {
      readonly type: 'trend';
      readonly count: number;
      readonly sum: number;
      readonly quantiles: readonly (readonly [quantile: number, value: number])[];
    };

/** Every series of the run, metrics and submetrics, sorted by name. */
export function outputSeries({ totals, header }: Pick<RunSnapshot, 'totals' | 'header'>): OutputSeries[] {
  const contains = new Map(header.metrics.map((metric) => [metric.name, metric.contains]));
  const series: OutputSeries[] = [];
  for (const [name, values] of valuesOf(totals)) {
    const parsed = parseSeriesName(name);
    if ('problem' in parsed) continue;
    const unit = unitOf(contains.get(parsed.metric) ?? guessContains(name, totals));
    const isTrendOfTimes = unit === 'seconds' && values.type === 'trend';
    series.push({ ...parsed, unit, values: isTrendOfTimes ? inSeconds(values) : values });
  }
  return series.sort((left, right) => (left.metric < right.metric ? -1 : Number(left.metric > right.metric)));
}

function* valuesOf(totals: RunTotals): Generator<readonly [name: string, values: OutputValues]> {
  for (const [name, total] of Object.entries(totals.counters)) yield [name, { type: 'counter', total }];
  for (const [name, { value }] of Object.entries(totals.gauges)) yield [name, { type: 'gauge', value }];
  for (const [name, { passes, fails }] of Object.entries(totals.rates)) yield [name, { type: 'rate', passes, fails }];
  for (const [name, trend] of Object.entries(totals.trends)) {
    const source = trend.sketch ?? trend.histograms.response;
    const quantiles = OUTPUT_QUANTILES.map((quantile) => [quantile, source?.quantile(quantile) ?? 0] as const);
    yield [name, { type: 'trend', count: trend.count, sum: trend.sum, quantiles }];
  }
}

/**
 * Guesses the values of a metric that a script created after the header: a trend with histograms
 * has times.
 */
function guessContains(name: string, { trends }: RunTotals): MetricContains {
  return Object.hasOwn(trends, name) && trends[name]?.sketch === undefined ? 'time' : 'default';
}

function unitOf(contains: MetricContains): OutputSeries['unit'] {
  if (contains === 'time') return 'seconds';
  return contains === 'data' ? 'bytes' : 'none';
}

function inSeconds(trend: Extract<OutputValues, { type: 'trend' }>): OutputValues {
  return {
    ...trend,
    sum: trend.sum / 1000,
    quantiles: trend.quantiles.map(([quantile, valueMs]) => [quantile, valueMs / 1000] as const),
  };
}
