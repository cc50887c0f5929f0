import { escapeXml } from '../../../../core/markup.js';
import type { CheckFigures, MetricContains, ThresholdRecord, TrendTotals } from '../../../../run-file/records.js';
import { checkTree, groupLines } from '../../../../summary/k6/check-tree.js';
import { formatValue, type TimeUnit } from '../../../../summary/terminal/format-value.js';
import { metricRows } from '../../../../summary/k6/metric-rows.js';
import { createPalette } from '../../../../summary/terminal/palette.js';
import { asText, isObject, property } from '../../runtime/values.js';
import type { MetricValues, SummaryMetric } from '../../../../summary/k6/summary-metric.js';
import type { TrendStat } from '../../../../summary/k6/trend-stats.js';

/** The library `k6-summary` of jslib.k6.io. It works on the data that `handleSummary` receives. */
export function createK6Summary(): object {
  return { textSummary, jUnit, humanizeValue };
}

function textSummary(summary: unknown, options?: unknown): string {
  const indent = `${asText(property(options, 'indent') ?? ' ')}  `;
  const palette = createPalette(property(options, 'enableColors') === true);
  const exported = property(summary, 'options');
  const given = property(options, 'summaryTrendStats') ?? property(exported, 'summaryTrendStats');
  const names = Array.isArray(given) ? given.map(String) : [];
  const timeUnit = timeUnitOf(property(options, 'summaryTimeUnit') ?? property(exported, 'summaryTimeUnit'));
  const { metrics, stats } = summaryDataMetrics(property(summary, 'metrics'), names);
  const rows = metricRows(metrics, { stats, timeUnit, rateStyle: 'marks', palette });
  const lines = rows.map(({ metric, name, dots, text }) => {
    const marks = metric.thresholds;
    const isOk = marks.every(({ ok }) => ok);
    const mark = marks.length === 0 ? ' ' : isOk ? palette.pass('✓') : palette.fail('✗');
    return `${indent}${metric.tags === undefined ? '' : '  '}${mark} ${name}${dots}: ${text}`;
  });
  const root = property(summary, 'root_group');
  const checks = checkTree({ checks: checksOf(root), groups: groupsOf(root) });
  return [...groupLines(checks, `${indent}  `, palette), ...lines].join('\n');
}

/** Formats a value of a metric, given as in the data of `handleSummary`, as the summary does. */
function humanizeValue(value: unknown, metric?: unknown, timeUnit?: unknown): string {
  const [type, contains] = [property(metric, 'type'), property(metric, 'contains')];
  return formatValue(Number(value), {
    type: type === 'rate' ? 'rate' : 'gauge',
    contains: contains === 'time' || contains === 'data' ? contains : 'default',
    timeUnit: timeUnitOf(timeUnit),
  });
}

/** Each threshold becomes a test case. */
function jUnit(summary: unknown, options?: unknown): string {
  const name = asText(property(options, 'name') ?? 'k6 thresholds');
  const metrics = property(summary, 'metrics');
  const outcomes = Object.entries(isObject(metrics) ? metrics : {}).flatMap(([metric, figures]) => {
    const thresholds = property(figures, 'thresholds');
    return Object.entries(isObject(thresholds) ? thresholds : {}).map(([expression, outcome]) => ({
      title: `${metric} - ${expression}`,
      isOk: property(outcome, 'ok') === true,
    }));
  });
  const failures = outcomes.filter(({ isOk }) => !isOk).length;
  const cases = outcomes.map(({ title, isOk }) =>
    isOk
      ? `<testcase name="${escapeXml(title)}" />`
      : `<testcase name="${escapeXml(title)}"><failure message="failed" /></testcase>`,
  );
  const counts = `tests="${outcomes.length}" failures="${failures}"`;
  return `<?xml version="1.0"?>\n<testsuites ${counts}>\n<testsuite name="${escapeXml(name)}" ${counts}>${cases.map((line) => `\n${line}`).join('')}\n</testsuite >\n</testsuites >`;
}

function checksOf(group: unknown, path = ''): CheckFigures[] {
  const checks = property(group, 'checks');
  const groups = property(group, 'groups');
  const own = (Array.isArray(checks) ? checks : []).map((check: unknown) => ({
    name: asText(property(check, 'name')),
    group: path,
    passes: Number(property(check, 'passes')),
    fails: Number(property(check, 'fails')),
  }));
  const inner = (Array.isArray(groups) ? groups : []).flatMap((child: unknown) =>
    checksOf(child, `${path}::${asText(property(child, 'name'))}`),
  );
  return [...own, ...inner];
}

function groupsOf(group: unknown, path = ''): string[] {
  const groups = property(group, 'groups');
  return (Array.isArray(groups) ? groups : []).flatMap((child: unknown) => {
    const own = `${path}::${asText(property(child, 'name'))}`;
    return [own, ...groupsOf(child, own)];
  });
}

function timeUnitOf(unit: unknown): TimeUnit | undefined {
  return unit === 's' || unit === 'ms' || unit === 'us' ? unit : undefined;
}

/**
 * Converts the metrics of `handleSummary`'s data to the form that the summary renders, with the
 * columns of their trends.
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
