import { Histogram } from '../core/histogram.js';
import { decodeHistogramInto } from '../core/histogram-codec.js';
import type {
  CheckFigures,
  GaugeFigures,
  HistogramKind,
  RateFigures,
  RunTotals,
  TrendFigures,
  TrendTotals,
} from '../run-file/records.js';
import type { DrainedMetrics, EncodedHistogram } from './metric/drain-metrics.js';

/** Adds up what the seconds of a run brought. */
export class RunAccumulator {
  private readonly counters: Record<string, number> = {};
  private readonly gauges: Record<string, GaugeFigures> = {};
  private readonly rates: Record<string, RateFigures> = {};
  private readonly trends: Record<string, TrendFigures> = {};
  private readonly checks = new Map<string, CheckFigures>();
  private readonly histograms: Record<string, Partial<Record<HistogramKind, Histogram>>> = {};

  add(metrics: DrainedMetrics): void {
    for (const [name, value] of Object.entries(metrics.counters)) this.counters[name] = this.counter(name) + value;
    for (const [name, gauge] of Object.entries(metrics.gauges))
      this.gauges[name] = mergeGauges(this.gauges[name], gauge);
    for (const [name, rate] of Object.entries(metrics.rates)) this.rates[name] = mergeRates(this.rates[name], rate);
    for (const [name, trend] of Object.entries(metrics.trends))
      this.trends[name] = mergeTrends(this.trends[name], trend);
    for (const check of metrics.checks) this.addCheck(check);
    for (const histogram of metrics.histograms) this.addHistogram(histogram);
  }

  /** The sum of a counter so far. */
  counter(name: string): number {
    return this.counters[name] ?? 0;
  }

  /** All that was added, with what the seconds do not tell. The histograms stay those of the accumulator. */
  totals(durationMs: number, iterations: RunTotals['iterations']): RunTotals {
    const trends: Record<string, TrendTotals> = {};
    for (const [name, figures] of Object.entries(this.trends)) {
      trends[name] = { ...figures, histograms: this.histograms[name] ?? {} };
    }
    return {
      durationMs,
      counters: { ...this.counters },
      gauges: { ...this.gauges },
      rates: { ...this.rates },
      trends,
      checks: [...this.checks.values()],
      iterations,
    };
  }

  private addCheck(check: CheckFigures): void {
    const key = `${check.group}::${check.name}`;
    this.checks.set(key, { ...check, ...mergeRates(this.checks.get(key), check) });
  }

  private addHistogram({ series, kind, bytes }: EncodedHistogram): void {
    const kinds = (this.histograms[series] ??= {});
    decodeHistogramInto(bytes, (kinds[kind] ??= new Histogram()));
  }
}

function mergeGauges(sum: GaugeFigures | undefined, next: GaugeFigures): GaugeFigures {
  if (sum === undefined) return next;
  return { value: next.value, min: Math.min(sum.min, next.min), max: Math.max(sum.max, next.max) };
}

function mergeRates(sum: RateFigures | undefined, next: RateFigures): RateFigures {
  return { passes: (sum?.passes ?? 0) + next.passes, fails: (sum?.fails ?? 0) + next.fails };
}

function mergeTrends(sum: TrendFigures | undefined, next: TrendFigures): TrendFigures {
  if (sum === undefined) return next;
  return {
    count: sum.count + next.count,
    min: Math.min(sum.min, next.min),
    max: Math.max(sum.max, next.max),
    sum: sum.sum + next.sum,
  };
}
