import type { MetricContains, ThresholdRecord, TrendTotals } from '../../../../run-file/records.js';
import type { MetricValues, SummaryMetric } from '../../../../summary/k6/summary-metric.js';
import type { TrendStat } from '../../../../summary/k6/trend-stats.js';
import { isObject, property } from '../../runtime/values.js';

/**
 * The metrics of the data that `handleSummary` gets, in the form in which summaries are drawn, and
 * the columns of their trends.
 */
export function summaryDataMetrics(
  metrics: unknown,
  statNames: readonly string[],
): { readonly metrics: readonly SummaryMetric[]; readonly stats: readonly TrendStat[] } {
  const figures = new Map<TrendTotals, unknown>();
  const list = Object.entries(isObject(metrics) ? metrics : {}).map(([name, metric]): SummaryMetric => {
    const brace = name.indexOf('{');
    return {
      name,
      metric: brace < 0 ? name : name.slice(0, brace),
      ...(brace >= 0 && { tags: name.slice(brace + 1, -1) }),
      contains: containsOf(property(metric, 'contains')),
      values: valuesOf(property(metric, 'type'), property(metric, 'values'), figures),
      thresholds: thresholdsOf(name, property(metric, 'thresholds')),
    };
  });
  const stats = statNames.map((name) => ({
    name,
    of: (trend: TrendTotals) => numberOf(property(figures.get(trend), name)),
  }));
  const order = (left: SummaryMetric, right: SummaryMetric): number =>
    left.metric.localeCompare(right.metric) || (left.tags ?? '').localeCompare(right.tags ?? '');
  return { metrics: list.toSorted(order), stats };
}

function valuesOf(type: unknown, values: unknown, figures: Map<TrendTotals, unknown>): MetricValues {
  const number = (name: string): number => numberOf(property(values, name)) ?? 0;
  switch (type) {
    case 'counter':
      return { type, count: number('count'), perSecond: number('rate') };
    case 'gauge':
      return { type, value: number('value'), min: number('min'), max: number('max') };
    case 'rate':
      return { type, share: number('rate'), passes: number('passes'), fails: number('fails') };
    default: {
      const trend: TrendTotals = { count: 1, min: number('min'), max: number('max'), sum: 0, histograms: {} };
      figures.set(trend, values);
      return { type: 'trend', trend };
    }
  }
}

function thresholdsOf(series: string, thresholds: unknown): ThresholdRecord[] {
  return Object.entries(isObject(thresholds) ? thresholds : {}).map(([expression, outcome]) => ({
    series,
    expression,
    aggregate: '',
    value: null,
    ok: property(outcome, 'ok') === true,
    aborted: false,
  }));
}

function containsOf(contains: unknown): MetricContains {
  return contains === 'time' || contains === 'data' ? contains : 'default';
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
