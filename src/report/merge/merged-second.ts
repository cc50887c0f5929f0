import { Histogram } from '../../core/histogram/histogram.js';
import { decodeHistogramInto } from '../../core/histogram/histogram-codec.js';
import { ValueSketch } from '../../core/histogram/value-sketch.js';
import { addByName, addCounts, addRates, addTrends, isSummedGauge } from '../../run-file/add-figures.js';
import type { FileSecond } from '../../run-file/index.js';
import type {
  CheckFigures,
  GaugeFigures,
  HealthRecord,
  HealthVerdict,
  HistogramKind,
  HistogramRecord,
  SecondRecord,
  SketchRecord,
} from '../../run-file/records.js';

/** A second of one shard, at its place in the merged run. */
export interface PlacedSecond {
  /** Number of the shard, from 1. */
  readonly shard: number;
  /** Seconds by which the shard started after the first one. */
  readonly shift: number;
  readonly second: FileSecond;
}

/** Adds up the figures of several shards in the same second. */
export function mergeFigures(second: number, parts: readonly PlacedSecond[]): SecondRecord {
  const counters = new Map<string, number>();
  const gauges = new Map<string, GaugeFigures>();
  const rates = new Map<string, SecondRecord['rates'][string]>();
  const trends = new Map<string, SecondRecord['trends'][string]>();
  const checks = new Map<string, CheckFigures>();
  let elapsedMs = 0;
  for (const { shift, second: part } of parts) {
    const { record } = part;
    elapsedMs = Math.max(elapsedMs, record.elapsedMs + shift * 1000);
    addByName(counters, record.counters, addCounts);
    addByName(gauges, record.gauges, addShardGauges);
    addByName(rates, record.rates, addRates);
    addByName(trends, record.trends, addTrends);
    for (const check of record.checks) addCheck(checks, check);
  }
  return {
    second,
    elapsedMs,
    counters: Object.fromEntries(counters),
    gauges: Object.fromEntries(gauges),
    rates: Object.fromEntries(rates),
    trends: Object.fromEntries(trends),
    checks: [...checks.values()],
  };
}

function addCheck(sums: Map<string, CheckFigures>, check: CheckFigures): void {
  const key = `${check.group}::${check.name}`;
  const sum = sums.get(key);
  sums.set(key, sum === undefined ? check : { ...check, ...addRates(sum, check) });
}

/**
 * Each shard has its part of a summed gauge, so the sums of the bounds bound the true values. Of
 * other gauges the latest value counts.
 */
function addShardGauges(sum: GaugeFigures, next: GaugeFigures, name: string): GaugeFigures {
  const at = Math.max(sum.at ?? 0, next.at ?? 0);
  if (isSummedGauge(name)) {
    return { value: sum.value + next.value, min: sum.min + next.min, max: sum.max + next.max, at };
  }
  const { value } = (next.at ?? 0) > (sum.at ?? 0) ? next : sum;
  return { value, min: Math.min(sum.min, next.min), max: Math.max(sum.max, next.max), at };
}

/**
 * Adds up the samples of several shards in the same second, series by series: all series at once
 * would need 216 KiB of memory each. The histogram is reused for the next record. Hot path: see
 * bench/merge.
 */
export class SampleMerger {
  readonly #histogram = new Histogram();

  merge(second: number, parts: readonly PlacedSecond[], visit: (record: HistogramRecord) => void): void {
    for (const { series, kind, encoded } of groupSamples(parts)) {
      this.#histogram.reset();
      for (const bytes of encoded) decodeHistogramInto(bytes, this.#histogram);
      visit({ series, kind, second, histogram: this.#histogram });
    }
  }
}

interface SeriesSamples {
  readonly series: string;
  readonly kind: HistogramKind;
  readonly encoded: Uint8Array[];
}

/** Groups in the order in which the first shard has them. */
function groupSamples(parts: readonly PlacedSecond[]): Iterable<SeriesSamples> {
  const groups = new Map<string, SeriesSamples>();
  for (const { second } of parts) {
    for (const { series, kind, bytes } of second.histograms) {
      const key = `${kind} ${series}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { series, kind, encoded: [bytes] });
      else group.encoded.push(bytes);
    }
  }
  return groups.values();
}

/** Adds up the sketches of several shards in the same second. */
export function mergeSketches(second: number, parts: readonly PlacedSecond[]): Iterable<SketchRecord> {
  const sums = new Map<string, SketchRecord>();
  for (const part of parts) {
    for (const { series, sketch } of part.second.sketches) {
      const sum = sums.get(series) ?? { series, second, sketch: new ValueSketch() };
      sum.sketch.add(sketch);
      sums.set(series, sum);
    }
  }
  return sums.values();
}

const SEVERITY: Readonly<Record<HealthVerdict, number>> = { healthy: 0, strained: 1, saturated: 2 };

/**
 * The health of the worst shard in a second, with the number of that shard and the sums of the
 * load's figures; undefined if no shard has a record.
 */
export function worstHealth(second: number, parts: readonly PlacedSecond[]): HealthRecord | undefined {
  const all = parts.flatMap(({ shard, second: { health } }) => health.map((record) => ({ ...record, shard })));
  const [first, ...others] = all;
  if (first === undefined) return undefined;
  const worst = others.reduce((known, next) => (isWorse(next, known) ? next : known), first);
  return {
    ...worst,
    second,
    ...sumOf(all, 'backlogBytes'),
    ...sumOf(all, 'begun'),
    ...sumOf(all, 'planned'),
  };
}

function isWorse(next: HealthRecord, known: HealthRecord): boolean {
  const difference = SEVERITY[next.verdict] - SEVERITY[known.verdict];
  return difference > 0 || (difference === 0 && next.eventLoopUse > known.eventLoopUse);
}

/** The sum of a figure that not all shards may have; nothing if none has it. */
function sumOf<K extends 'backlogBytes' | 'begun' | 'planned'>(
  records: readonly HealthRecord[],
  key: K,
): Partial<Record<K, number>> | undefined {
  const known = records.map((record) => record[key]).filter((value) => value !== undefined);
  if (known.length === 0) return undefined;
  const sums: Partial<Record<K, number>> = {};
  sums[key] = known.reduce<number>((sum, value) => sum + value, 0);
  return sums;
}
