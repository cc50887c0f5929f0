import { addByName, addCounts, addRates, addTrends, isSummedGauge } from '../../run-file/add-figures.js';
import { Histogram } from '../../core/histogram/histogram.js';
import { decodeHistogramInto, encodeHistogram } from '../../core/histogram/histogram-codec.js';
import { decodeSketchInto, encodeSketch } from '../../core/histogram/sketch-codec.js';
import { ValueSketch } from '../../core/histogram/value-sketch.js';
import type { CheckFigures } from '../../run-file/records.js';
import type { DrainedMetrics, EncodedHistogram, EncodedSketch, TimedGauge } from './drain-metrics.js';

/**
 * Merges the values of several threads in the same second. For a summed gauge, min and max are the
 * sums over the threads, which bound the true values.
 */
export function mergeMetrics(parts: readonly DrainedMetrics[]): DrainedMetrics {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  return {
    counters: mergeRecords(
      parts.map(({ counters }) => counters),
      addCounts,
    ),
    gauges: mergeRecords(
      parts.map(({ gauges }) => gauges),
      (sum, next, name) => (isSummedGauge(name) ? sumGauges(sum, next) : laterGauge(sum, next)),
    ),
    rates: mergeRecords(
      parts.map(({ rates }) => rates),
      addRates,
    ),
    trends: mergeRecords(
      parts.map(({ trends }) => trends),
      addTrends,
    ),
    checks: mergeChecks(parts),
    groups: [...new Set(parts.flatMap(({ groups = [] }) => groups))],
    histograms: mergeHistograms(parts.flatMap(({ histograms }) => histograms)),
    sketches: mergeSketches(parts.flatMap(({ sketches }) => sketches)),
  };
}

function mergeRecords<V>(
  records: readonly Readonly<Record<string, V>>[],
  merge: (sum: V, next: V, name: string) => V,
): Readonly<Record<string, V>> {
  const merged = new Map<string, V>();
  for (const record of records) addByName(merged, record, merge);
  return Object.fromEntries(merged);
}

function sumGauges(sum: TimedGauge, next: TimedGauge): TimedGauge {
  return {
    value: sum.value + next.value,
    min: sum.min + next.min,
    max: sum.max + next.max,
    atNs: sum.atNs > next.atNs ? sum.atNs : next.atNs,
  };
}

function laterGauge(sum: TimedGauge, next: TimedGauge): TimedGauge {
  const last = next.atNs > sum.atNs ? next : sum;
  return { ...last, min: Math.min(sum.min, next.min), max: Math.max(sum.max, next.max) };
}

function mergeChecks(parts: readonly DrainedMetrics[]): CheckFigures[] {
  const merged = new Map<string, CheckFigures>();
  for (const check of parts.flatMap(({ checks }) => checks)) {
    const key = `${check.group}::${check.name}`;
    const sum = merged.get(key);
    merged.set(key, sum === undefined ? check : { ...check, ...addRates(sum, check) });
  }
  return [...merged.values()];
}

function mergeHistograms(encoded: readonly EncodedHistogram[]): EncodedHistogram[] {
  const groups = groupBy(encoded, ({ series, kind }) => `${kind} ${series}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length === 1) return group;
    const histogram = new Histogram();
    for (const { bytes } of group) decodeHistogramInto(bytes, histogram);
    return [{ series: first.series, kind: first.kind, bytes: encodeHistogram(histogram) }];
  });
}

function mergeSketches(encoded: readonly EncodedSketch[]): EncodedSketch[] {
  const groups = groupBy(encoded, ({ series }) => series);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length === 1) return group;
    const sketch = new ValueSketch();
    for (const { bytes } of group) decodeSketchInto(bytes, sketch);
    return [{ series: first.series, bytes: encodeSketch(sketch) }];
  });
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
