import { encodeHistogram } from '../../core/histogram-codec.js';
import type { CheckFigures, GaugeFigures, HistogramKind, RateFigures, TrendFigures } from '../../run-file/records.js';
import type { MetricRegistry } from './metric-registry.js';

/** A histogram on its way to another thread; its bytes can be transferred. */
export interface EncodedHistogram {
  readonly series: string;
  readonly kind: HistogramKind;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What was recorded since the last drain. Gauges without a value and trends without a sample are left out. */
export interface DrainedMetrics {
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, GaugeFigures>>;
  readonly rates: Readonly<Record<string, RateFigures>>;
  readonly trends: Readonly<Record<string, TrendFigures>>;
  readonly checks: readonly CheckFigures[];
  readonly histograms: readonly EncodedHistogram[];
}

/** Takes everything out of the registry, which then begins anew. */
export function drainMetrics(registry: MetricRegistry): DrainedMetrics {
  const checks = drainChecks(registry);
  return {
    counters: drainCounters(registry),
    gauges: drainGauges(registry),
    rates: checks.length === 0 ? {} : { checks: sumOfChecks(checks) },
    checks,
    ...drainTrends(registry),
  };
}

function drainCounters(registry: MetricRegistry): Record<string, number> {
  const counters: Record<string, number> = {};
  for (const [name, counter] of registry.counters) {
    if (counter.value > 0) counters[name] = counter.value;
    counter.value = 0;
  }
  return counters;
}

function drainGauges(registry: MetricRegistry): Record<string, GaugeFigures> {
  const gauges: Record<string, GaugeFigures> = {};
  for (const [name, gauge] of registry.gauges) {
    if (gauge.isSet) gauges[name] = { value: gauge.value, min: gauge.min, max: gauge.max };
    gauge.reset();
  }
  return gauges;
}

function drainChecks(registry: MetricRegistry): CheckFigures[] {
  const figures: CheckFigures[] = [];
  for (const check of registry.checks) {
    const { name, passes, fails } = check;
    if (passes + fails > 0) figures.push({ name, group: '', passes, fails });
    check.passes = 0;
    check.fails = 0;
  }
  return figures;
}

function sumOfChecks(checks: readonly CheckFigures[]): RateFigures {
  return {
    passes: checks.reduce((sum, check) => sum + check.passes, 0),
    fails: checks.reduce((sum, check) => sum + check.fails, 0),
  };
}

function drainTrends(registry: MetricRegistry): Pick<DrainedMetrics, 'trends' | 'histograms'> {
  const trends: Record<string, TrendFigures> = {};
  const histograms: EncodedHistogram[] = [];
  for (const { name, kind, histogram } of registry.trends) {
    if (histogram.count === 0) continue;
    const { count, min, max, sum } = histogram;
    if (kind === 'response') trends[name] = { count, min, max, sum };
    histograms.push({ series: name, kind, bytes: encodeHistogram(histogram) });
    histogram.reset();
  }
  return { trends, histograms };
}
