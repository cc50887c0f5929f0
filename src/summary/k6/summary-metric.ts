import {
  BALANCE_COUNTERS,
  type MetricContains,
  type MetricDefinition,
  type Run,
  type RunTotals,
  type ThresholdRecord,
  type TrendTotals,
} from '../../run-file/records.js';

/** Threshold outcomes by series name. */
type ThresholdOutcomes = ReadonlyMap<string, readonly ThresholdRecord[]>;

export type MetricValues =
  | { readonly type: 'counter'; readonly count: number; readonly perSecond: number }
  | { readonly type: 'gauge'; readonly value: number; readonly min: number; readonly max: number }
  | { readonly type: 'rate'; readonly share: number; readonly passes: number; readonly fails: number }
  | { readonly type: 'trend'; readonly trend: TrendTotals };

/** One series of a run for summaries. */
export interface SummaryMetric {
  /** The series name: a metric, or `metric{tag:value}`. */
  readonly name: string;
  /** The metric of a submetric; equal to `name` otherwise. */
  readonly metric: string;
  /** Text in the braces of a submetric. */
  readonly tags?: string;
  readonly contains: MetricContains;
  readonly values: MetricValues;
  readonly thresholds: readonly ThresholdRecord[];
}

const HIDDEN: ReadonlySet<string> = new Set(Object.values(BALANCE_COUNTERS));
const EMPTY_TREND: TrendTotals = { count: 0, min: 0, max: 0, sum: 0, histograms: {} };

/**
 * All series with a sample or a threshold, ordered as in k6: by metric, followed by its submetrics.
 */
export function summaryMetrics(run: Run): readonly SummaryMetric[] {
  const thresholds = outcomesBySeries(run.thresholds);
  const definitions = new Map(run.header.metrics.map((definition) => [definition.name, definition]));
  const { totals } = run.end;
  const values = new Map([
    ...unrecordedValues(definitions, thresholds),
    ...zeroBytes(totals),
    ...recordedValues(totals),
  ]);
  const metrics: SummaryMetric[] = [];
  for (const [name, value] of values) {
    const { metric, tags } = splitSeries(name);
    if (HIDDEN.has(metric)) continue;
    const outcomes = thresholds.get(name) ?? [];
    if (!hasSamples(metric, value) && outcomes.length === 0) continue;
    const contains = definitions.get(metric)?.contains ?? 'default';
    metrics.push({ name, metric, tags, contains, values: value, thresholds: outcomes });
  }
  return metrics.sort(bySeries);
}

function outcomesBySeries(records: readonly ThresholdRecord[]): ThresholdOutcomes {
  const bySeries = new Map<string, ThresholdRecord[]>();
  for (const record of records) bySeries.set(record.series, [...(bySeries.get(record.series) ?? []), record]);
  return bySeries;
}

/** Sums up the checks of a run, as k6's metric `checks` does. */
export function checkTotals(totals: RunTotals): { readonly passes: number; readonly fails: number } {
  let passes = 0;
  let fails = 0;
  for (const check of totals.checks) {
    passes += check.passes;
    fails += check.fails;
  }
  return { passes, fails };
}

function* recordedValues(totals: RunTotals): Generator<[string, MetricValues]> {
  const seconds = totals.durationMs / 1000;
  for (const [name, count] of Object.entries(totals.counters)) {
    yield [name, { type: 'counter', count, perSecond: seconds > 0 ? count / seconds : 0 }];
  }
  for (const [name, gauge] of Object.entries(totals.gauges)) yield [name, { type: 'gauge', ...gauge }];
  yield ['checks', rateValues(checkTotals(totals))];
  for (const [name, rate] of Object.entries(totals.rates)) yield [name, rateValues(rate)];
  for (const [name, trend] of Object.entries(totals.trends)) yield [name, { type: 'trend', trend }];
}

/** Each iteration has samples of `data_*`, including zeros, but counters of 0 are not recorded. */
function* zeroBytes({ counters }: RunTotals): Generator<[string, MetricValues]> {
  if ((counters['iterations'] ?? 0) === 0) return;
  for (const name of ['data_received', 'data_sent']) yield [name, { type: 'counter', count: 0, perSecond: 0 }];
}

/** Placeholders for metrics with a threshold, which are shown even without samples. */
function* unrecordedValues(
  definitions: ReadonlyMap<string, MetricDefinition>,
  thresholds: ThresholdOutcomes,
): Generator<[string, MetricValues]> {
  for (const name of thresholds.keys()) {
    const definition = definitions.get(splitSeries(name).metric);
    if (definition !== undefined) yield [name, emptyValues(definition)];
  }
}

function emptyValues(definition: MetricDefinition): MetricValues {
  switch (definition.type) {
    case 'counter':
      return { type: 'counter', count: 0, perSecond: 0 };
    case 'gauge':
      return { type: 'gauge', value: 0, min: 0, max: 0 };
    case 'rate':
      return rateValues({ passes: 0, fails: 0 });
    case 'trend':
      return { type: 'trend', trend: EMPTY_TREND };
  }
}

function rateValues({ passes, fails }: { passes: number; fails: number }): MetricValues {
  const total = passes + fails;
  return { type: 'rate', share: total === 0 ? 0 : passes / total, passes, fails };
}

/**
 * k6 records `data_*` after each iteration, even if it is 0. For other counters, 0 means that
 * nothing happened.
 */
function hasSamples(metric: string, values: MetricValues): boolean {
  switch (values.type) {
    case 'counter':
      return values.count !== 0 || metric.startsWith('data_');
    case 'gauge':
      return true;
    case 'rate':
      return values.passes + values.fails > 0;
    case 'trend':
      return values.trend.count > 0;
  }
}

function splitSeries(name: string): { readonly metric: string; readonly tags?: string } {
  const brace = name.indexOf('{');
  if (brace < 0 || !name.endsWith('}')) return { metric: name };
  return { metric: name.slice(0, brace), tags: name.slice(brace + 1, -1) };
}

function bySeries(left: SummaryMetric, right: SummaryMetric): number {
  return left.metric.localeCompare(right.metric) || (left.tags ?? '').localeCompare(right.tags ?? '');
}
