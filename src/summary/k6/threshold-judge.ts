import { parseSeriesName } from '../../core/series-name.js';
import type { MetricDefinition, RunTotals, ThresholdRecord, TrendTotals } from '../../run-file/records.js';
import { parseThreshold, type ThresholdExpression, type ThresholdPlan } from './threshold.js';

/**
 * Judges thresholds on the totals of a run so far; invalid expressions are left out. Remembers the
 * thresholds that ended the run.
 */
export class ThresholdJudge {
  readonly #thresholds: readonly { readonly plan: ThresholdPlan; readonly expression: ThresholdExpression }[];
  readonly #aborting = new Set<ThresholdPlan>();

  constructor(plans: readonly ThresholdPlan[]) {
    this.#thresholds = plans.flatMap((plan) => {
      const expression = parseThreshold(plan.expression);
      return 'problem' in expression ? [] : [{ plan, expression }];
    });
  }

  /**
   * Whether the run must end: a threshold with `abortOnFail` is crossed, and its delay has passed.
   * Series without samples are skipped, as in k6.
   */
  mustAbort(totals: RunTotals): boolean {
    for (const { plan, expression } of this.#thresholds) {
      if (!plan.abortOnFail || totals.durationMs <= plan.delayAbortMs) continue;
      const value = aggregateOf(totals, plan.series, expression);
      if (value !== undefined && !expression.isMet(value)) this.#aborting.add(plan);
    }
    return this.#aborting.size > 0;
  }

  /**
   * The outcome of each threshold. Without samples, every aggregate is 0, but a rate does not cross
   * a threshold, as in k6 1.3. `metrics` are those of the run.
   */
  outcomes(totals: RunTotals, metrics: readonly MetricDefinition[]): ThresholdRecord[] {
    const rates = new Set(metrics.flatMap(({ name, type }) => (type === 'rate' ? [name] : [])));
    return this.#thresholds.map(({ plan, expression }) => {
      const value = aggregateOf(totals, plan.series, expression);
      return {
        series: plan.series,
        expression: plan.expression,
        aggregate: expression.aggregate,
        value: value ?? null,
        ok: value === undefined && rates.has(metricOf(plan.series)) ? true : expression.isMet(value ?? 0),
        aborted: this.#aborting.has(plan),
      };
    });
  }
}

/** Reads the value of an aggregate; undefined without samples. */
function aggregateOf(
  totals: RunTotals,
  series: string,
  { aggregate, percentile }: ThresholdExpression,
): number | undefined {
  const count = own(totals.counters, series);
  if (count !== undefined) return aggregate === 'count' ? count : count / (totals.durationMs / 1000);
  const rate = own(totals.rates, series);
  if (rate !== undefined) {
    const samples = rate.passes + rate.fails;
    return samples === 0 ? undefined : rate.passes / samples;
  }
  const trend = own(totals.trends, series);
  if (trend !== undefined) return trend.count === 0 ? undefined : trendAggregate(trend, aggregate, percentile);
  return own(totals.gauges, series)?.value;
}

function trendAggregate(trend: TrendTotals, aggregate: string, percentile: number | undefined): number | undefined {
  switch (aggregate) {
    case 'avg':
      return trend.sum / trend.count;
    case 'min':
      return trend.min;
    case 'max':
      return trend.max;
    default:
      return (trend.sketch ?? trend.histograms.response)?.quantile((percentile ?? 50) / 100);
  }
}

function metricOf(series: string): string {
  const parsed = parseSeriesName(series);
  return 'problem' in parsed ? series : parsed.metric;
}

/** Names come from scripts, so `constructor` is a valid one. */
function own<T>(figures: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(figures, name) ? figures[name] : undefined;
}
