import type { Histogram } from '../../core/histogram/histogram.js';
import { encodeHistogram } from '../../core/histogram/histogram-codec.js';
import { encodeSketch } from '../../core/histogram/sketch-codec.js';
import type { CheckFigures, GaugeFigures, HistogramKind, RateFigures, TrendFigures } from '../../run-file/records.js';
import type { SeriesRegistry } from './series-registry.js';
import { type AnySeries, Counter, Gauge, Rate, TimeTrend } from './series.js';

/** A histogram for another thread; its bytes can be transferred. */
export interface EncodedHistogram {
  readonly series: string;
  readonly kind: HistogramKind;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A sketch of values other than times, for another thread. */
export interface EncodedSketch {
  readonly series: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A gauge of one thread. */
export interface TimedGauge extends GaugeFigures {
  /** Time of its last value, by `process.hrtime`. */
  readonly atNs: bigint;
}

/** Converts gauges to the format of run files. */
export function withoutTimes(gauges: Readonly<Record<string, TimedGauge>>): Readonly<Record<string, GaugeFigures>> {
  return Object.fromEntries(Object.entries(gauges).map(([name, { value, min, max }]) => [name, { value, min, max }]));
}

/**
 * The same with the times of the values, for a run of a part of a plan. `wallAtNs` converts
 * `process.hrtime` to Unix milliseconds.
 */
export function withWallTimes(
  gauges: Readonly<Record<string, TimedGauge>>,
  wallAtNs: (atNs: bigint) => number,
): Readonly<Record<string, GaugeFigures>> {
  return Object.fromEntries(
    Object.entries(gauges).map(([name, { value, min, max, atNs }]) => [name, { value, min, max, at: wallAtNs(atNs) }]),
  );
}

/**
 * Values since the last drain by series name, without gauges that have no value and trends that
 * have no samples.
 */
export interface DrainedMetrics {
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, TimedGauge>>;
  readonly rates: Readonly<Record<string, RateFigures>>;
  readonly trends: Readonly<Record<string, TrendFigures>>;
  readonly checks: readonly CheckFigures[];
  /** Paths of groups that were completed for the first time. */
  readonly groups?: readonly string[];
  readonly histograms: readonly EncodedHistogram[];
  readonly sketches: readonly EncodedSketch[];
}

/** Takes all values from the registry and resets it. */
export function drainMetrics(registry: SeriesRegistry): DrainedMetrics {
  const drain = new Drain();
  for (const [name, { total, submetrics }] of registry.metrics) {
    drain.take(name, total);
    for (const submetric of submetrics) drain.take(submetric.name, submetric.series);
  }
  const groups = registry.takeGroups();
  return { ...drain.result(drainChecks(registry)), ...(groups.length > 0 && { groups }) };
}

/** Collects in maps, because names come from scripts and k6 allows `__proto__`. */
class Drain {
  readonly #counters = new Map<string, number>();
  readonly #gauges = new Map<string, TimedGauge>();
  readonly #rates = new Map<string, RateFigures>();
  readonly #trends = new Map<string, TrendFigures>();
  readonly #histograms: EncodedHistogram[] = [];
  readonly #sketches: EncodedSketch[] = [];

  take(name: string, series: AnySeries): void {
    if (series instanceof Counter) this.#takeCounter(name, series);
    else if (series instanceof Gauge) this.#takeGauge(name, series);
    else if (series instanceof Rate) this.#takeRate(name, series);
    else if (series instanceof TimeTrend) this.#takeTimes(name, series);
    else if (series.sketch.count > 0) {
      this.#trends.set(name, figuresOf(series.sketch));
      this.#sketches.push({ series: name, bytes: encodeSketch(series.sketch) });
      series.sketch.reset();
    }
  }

  result(checks: readonly CheckFigures[]): DrainedMetrics {
    return {
      counters: Object.fromEntries(this.#counters),
      gauges: Object.fromEntries(this.#gauges),
      rates: Object.fromEntries(this.#rates),
      trends: Object.fromEntries(this.#trends),
      checks,
      histograms: this.#histograms,
      sketches: this.#sketches,
    };
  }

  #takeCounter(name: string, counter: Counter): void {
    if (counter.value !== 0) this.#counters.set(name, counter.value);
    counter.value = 0;
  }

  #takeGauge(name: string, gauge: Gauge): void {
    const { value, min, max, atNs } = gauge;
    if (gauge.isSet) this.#gauges.set(name, { value, min, max, atNs });
    gauge.reset();
  }

  #takeRate(name: string, rate: Rate): void {
    if (rate.passes + rate.fails > 0) this.#rates.set(name, { passes: rate.passes, fails: rate.fails });
    rate.passes = 0;
    rate.fails = 0;
  }

  #takeTimes(name: string, { response, service, lag }: TimeTrend): void {
    if (response.count > 0) this.#trends.set(name, figuresOf(response));
    this.#takeHistogram(name, 'response', response);
    this.#takeHistogram(name, 'service', service);
    this.#takeHistogram(name, 'lag', lag);
  }

  #takeHistogram(series: string, kind: HistogramKind, histogram: Histogram | undefined): void {
    if (histogram === undefined || histogram.count === 0) return;
    this.#histograms.push({ series, kind, bytes: encodeHistogram(histogram) });
    histogram.reset();
  }
}

function figuresOf({ count, min, max, sum }: TrendFigures): TrendFigures {
  return { count, min, max, sum };
}

function drainChecks(registry: SeriesRegistry): CheckFigures[] {
  const figures: CheckFigures[] = [];
  for (const check of registry.checks) {
    const { name, group, passes, fails } = check;
    if (passes + fails > 0) figures.push({ name, group, passes, fails });
    check.passes = 0;
    check.fails = 0;
  }
  return figures;
}
