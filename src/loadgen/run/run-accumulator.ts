import { addByName, addCounts, addGauges, addRates, addTrends } from '../../run-file/add-figures.js';
import { Histogram } from '../../core/histogram/histogram.js';
import { decodeHistogramInto } from '../../core/histogram/histogram-codec.js';
import { decodeSketchInto } from '../../core/histogram/sketch-codec.js';
import { ValueSketch } from '../../core/histogram/value-sketch.js';
import type {
  CheckFigures,
  GaugeFigures,
  HistogramKind,
  HistogramRecord,
  RateFigures,
  RunTotals,
  SecondRecord,
  SketchRecord,
  TrendFigures,
  TrendTotals,
} from '../../run-file/records.js';
import {
  withoutTimes,
  type DrainedMetrics,
  type EncodedHistogram,
  type EncodedSketch,
} from '../metric/drain-metrics.js';

/**
 * Aggregates the seconds of a run from all its threads. Uses maps, because names come from scripts.
 */
export class RunAccumulator {
  readonly #counters = new Map<string, number>();
  readonly #gauges = new Map<string, GaugeFigures>();
  readonly #rates = new Map<string, RateFigures>();
  readonly #trends = new Map<string, TrendFigures>();
  readonly #checks = new Map<string, CheckFigures>();
  readonly #groups = new Set<string>();
  readonly #histograms = new Map<string, Partial<Record<HistogramKind, Histogram>>>();
  readonly #sketches = new Map<string, ValueSketch>();

  add(metrics: DrainedMetrics): void {
    this.addFigures({ ...metrics, gauges: withoutTimes(metrics.gauges) });
    for (const group of metrics.groups ?? []) this.#groups.add(group);
    for (const histogram of metrics.histograms) this.#addHistogram(histogram);
    for (const sketch of metrics.sketches) this.#addSketch(sketch);
  }

  /** Adds the figures of a second without its histograms and sketches. */
  addFigures({ counters, gauges, rates, trends, checks }: Omit<SecondRecord, 'second' | 'elapsedMs'>): void {
    addByName(this.#counters, counters, addCounts);
    addByName(this.#gauges, gauges, addGauges);
    addByName(this.#rates, rates, addRates);
    addByName(this.#trends, trends, addTrends);
    for (const check of checks) this.#addCheck(check);
  }

  /** Adds a second's histogram without changing it. */
  mergeHistogram({ series, kind, histogram }: HistogramRecord): void {
    this.#histogram(series, kind).add(histogram);
  }

  /** Adds a second's sketch without changing it. */
  mergeSketch({ series, sketch }: SketchRecord): void {
    this.#sketch(series).add(sketch);
  }

  /** The sum of a counter so far. */
  counter(name: string): number {
    return this.#counters.get(name) ?? 0;
  }

  /**
   * Returns everything that was added, together with values that the seconds do not contain. The
   * histograms and sketches remain those of the accumulator.
   */
  totals(durationMs: number, iterations: RunTotals['iterations']): RunTotals {
    const trends = [...this.#trends].map(([name, figures]): [string, TrendTotals] => {
      const sketch = this.#sketches.get(name);
      return [name, { ...figures, histograms: this.#histograms.get(name) ?? {}, ...(sketch && { sketch }) }];
    });
    return {
      durationMs,
      counters: Object.fromEntries(this.#counters),
      gauges: Object.fromEntries(this.#gauges),
      rates: Object.fromEntries(this.#rates),
      trends: Object.fromEntries(trends),
      checks: [...this.#checks.values()],
      ...(this.#groups.size > 0 && { groups: [...this.#groups] }),
      iterations,
    };
  }

  #addCheck(check: CheckFigures): void {
    const key = `${check.group}::${check.name}`;
    const sum = this.#checks.get(key);
    this.#checks.set(key, sum === undefined ? check : { ...check, ...addRates(sum, check) });
  }

  #addHistogram({ series, kind, bytes }: EncodedHistogram): void {
    decodeHistogramInto(bytes, this.#histogram(series, kind));
  }

  #addSketch({ series, bytes }: EncodedSketch): void {
    decodeSketchInto(bytes, this.#sketch(series));
  }

  #histogram(series: string, kind: HistogramKind): Histogram {
    const kinds = this.#histograms.get(series) ?? {};
    this.#histograms.set(series, kinds);
    return (kinds[kind] ??= new Histogram());
  }

  #sketch(series: string): ValueSketch {
    const sketch = this.#sketches.get(series) ?? new ValueSketch();
    this.#sketches.set(series, sketch);
    return sketch;
  }
}
