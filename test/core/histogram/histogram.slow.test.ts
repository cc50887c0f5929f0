import { build } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { toHdrBase64, toHdrHistogram } from '../../../src/core/histogram/hdr-export.js';
import { Histogram } from '../../../src/core/histogram/histogram.js';
import { decodeHistogram, decodeHistogramInto, encodeHistogram } from '../../../src/core/histogram/histogram-codec.js';
import {
  BUCKET_COUNT,
  COUNTS_LENGTH,
  HIGHEST_UNITS,
  SUB_BUCKET_COUNT,
  highestUnitsAt,
  indexOfMs,
  indexOfUnits,
  lowestUnitsAt,
} from '../../../src/core/histogram/histogram-layout.js';

/** A reproducible stream of numbers from 0 to below 1. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

function hasSameCounts(left: Histogram, right: Histogram): boolean {
  return left.counts.every((count, index) => count === right.counts[index]);
}

/** The naive oracle: linear interpolation between the nearest of the sorted samples. */
function interpolated(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const lower = sorted[Math.floor(rank)] ?? 0;
  const upper = sorted[Math.ceil(rank)] ?? 0;
  return lower + (upper - lower) * (rank - Math.floor(rank));
}

describe('the layout', () => {
  const library = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_UNITS,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
    autoResize: false,
  });
  const shape: unknown = library;

  it('has as many buckets as hdr-histogram-js makes of the same shape', () => {
    expect(shape).toMatchObject({
      bucketCount: BUCKET_COUNT,
      subBucketCount: SUB_BUCKET_COUNT,
      countsArrayLength: COUNTS_LENGTH,
    });
  });

  it('puts two million random values and every edge where hdr-histogram-js puts them', () => {
    if (!hasIndex(library)) throw new Error('the library no longer has countsArrayIndex');
    const random = seededRandom(42);
    let different = 0;
    const compare = (units: number): void => {
      if (indexOfUnits(units) !== library.countsArrayIndex(units)) different += 1;
    };
    for (let i = 0; i < 2_000_000; i += 1) compare(Math.floor(2 ** (random() * 35.06)));
    for (let index = 0; index < COUNTS_LENGTH; index += 1) {
      const units = lowestUnitsAt(index);
      if (units > HIGHEST_UNITS) break;
      compare(units);
      compare(Math.min(highestUnitsAt(index), HIGHEST_UNITS));
    }
    for (let power = 0; power <= 35; power += 1) [-1, 0, 1].forEach((step) => compare(2 ** power + step));
    expect(different).toBe(0);
  });

  it('names the ends of each bucket so that buckets lie end to end', () => {
    for (let index = 1; index < COUNTS_LENGTH; index += 1) {
      if (lowestUnitsAt(index) !== highestUnitsAt(index - 1) + 1) throw new Error(`a hole before bucket ${index}`);
    }
    expect(lowestUnitsAt(0)).toBe(0);
  });
});

function hasIndex(value: unknown): value is { countsArrayIndex(units: number): number } {
  return typeof value === 'object' && value !== null && 'countsArrayIndex' in value;
}

describe('recording', () => {
  it('keeps count, min, max and sum exactly as recorded', () => {
    const histogram = histogramOf([0.24529, 8.120001, 1234.5678]);
    expect(histogram).toMatchObject({ count: 3, min: 0.24529, max: 1234.5678, refused: 0, overflow: 0 });
    expect(histogram.sum).toBe(0.24529 + 8.120001 + 1234.5678);
    expect(histogram.mean).toBe((0.24529 + 8.120001 + 1234.5678) / 3);
  });

  it('is all zero while empty', () => {
    const histogram = new Histogram();
    expect(histogram).toMatchObject({ count: 0, min: 0, max: 0, sum: 0, mean: 0, standardDeviation: 0 });
    expect([histogram.quantile(0.5), histogram.valueAtPercentile(99), histogram.countAbove(0)]).toEqual([0, 0, 0]);
  });

  it('refuses negative, NaN and infinite values, and counts them apart', () => {
    const histogram = histogramOf([-1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5]);
    expect(histogram).toMatchObject({ count: 1, min: 5, max: 5, sum: 5, refused: 4 });
  });

  it('counts values above an hour in the top bucket, marks them, and keeps their exact maximum', () => {
    const histogram = histogramOf([3_600_000, 3_600_001, 1e12]);
    expect(histogram).toMatchObject({ count: 3, overflow: 2, max: 1e12 });
    expect(histogram.counts[indexOfUnits(HIGHEST_UNITS)]).toBe(3);
    expect(histogram.valueAtPercentile(100)).toBe(1e12);
  });

  it('takes values on both sides of 32 bits', () => {
    const border = 2 ** 31 / 10_000;
    const histogram = histogramOf([border - 1, border + 1, border]);
    expect([1, 2].map((rank) => histogram.quantile(rank / 2) / border)).toEqual([
      expect.closeTo(1, 3),
      expect.closeTo(1, 3),
    ]);
    expect(histogram.count).toBe(3);
  });

  it('is empty again after a reset, to the last bucket', () => {
    const histogram = histogramOf([0, 0.1, 12, 3_000_000, 5e9]);
    histogram.reset();
    expect(histogram.counts.every((count) => count === 0)).toBe(true);
    expect(histogram).toMatchObject({ count: 0, min: 0, max: 0, sum: 0, overflow: 0, refused: 0 });
  });

  it('adds another one as if all values had been recorded in one', () => {
    const left = [1, 2, 3, 4000, -1];
    const right = [0.5, 7, 4e6];
    const merged = histogramOf(left);
    merged.add(histogramOf(right));
    const whole = histogramOf([...left, ...right]);
    expect(hasSameCounts(merged, whole)).toBe(true);
    expect(merged).toMatchObject({ count: 7, min: 0.5, max: 4e6, overflow: 1, refused: 1, sum: whole.sum });
    merged.add(new Histogram());
    expect(merged.min).toBe(0.5);
  });
});

describe('quantiles', () => {
  const qs = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];

  it.each([1, 2, 3, 10, 10_000])('agree within 0.1 %% with interpolation of %i sorted samples', (size) => {
    const random = seededRandom(size);
    for (let round = 0; round < (size > 100 ? 5 : 200); round += 1) {
      const values = Array.from({ length: size }, () => 0.05 * 2 ** (random() * 26));
      const histogram = histogramOf(values);
      for (const q of qs) {
        const exact = interpolated(values, q);
        expect(Math.abs(histogram.quantile(q) / exact - 1)).toBeLessThan(0.001);
      }
    }
  });

  it('are the exact smallest and largest at the ends, also of two samples', () => {
    const histogram = histogramOf([3.141592, 2.718281]);
    expect([histogram.quantile(0), histogram.quantile(1)]).toEqual([2.718281, 3.141592]);
    expect(histogram.quantile(0.5)).toBeCloseTo((3.141592 + 2.718281) / 2, 12);
  });

  it('as percentiles are those of hdr-histogram-js, clamped to the exact ends', () => {
    const random = seededRandom(7);
    const histogram = histogramOf(Array.from({ length: 10_000 }, () => 0.01 * 2 ** (random() * 20)));
    const library = toHdrHistogram(histogram);
    for (const p of [1, 50, 75, 90, 95, 99, 99.9, 99.99]) {
      expect(histogram.valueAtPercentile(p) * 10_000).toBeCloseTo(library.getValueAtPercentile(p), 6);
    }
    expect(histogram.valueAtPercentile(0)).toBe(histogram.min);
    expect(histogram.valueAtPercentile(100)).toBe(histogram.max);
  });

  it('give the spread and the samples above a value', () => {
    const values = Array.from({ length: 1000 }, (_, index) => index + 1);
    const histogram = histogramOf(values);
    expect(histogram.standardDeviation).toBeCloseTo(Math.sqrt((1000 ** 2 - 1) / 12), 1);
    expect([histogram.countAbove(0), histogram.countAbove(100), histogram.countAbove(1000)]).toEqual([1000, 900, 0]);
  });
});

describe('the codec', () => {
  it('gives back every count and figure', () => {
    const random = seededRandom(3);
    const values = Array.from({ length: 20_000 }, () => 0.001 * 2 ** (random() * 30));
    const histogram = histogramOf([0, -1, 1e10, ...values]);
    const decoded = decodeHistogram(encodeHistogram(histogram));
    expect(hasSameCounts(decoded, histogram)).toBe(true);
    expect(decoded).toMatchObject({
      count: histogram.count,
      min: histogram.min,
      max: histogram.max,
      sum: histogram.sum,
      overflow: 1,
      refused: 1,
    });
  });

  it('keeps an empty one, and counts beyond 32 bits', () => {
    const empty = decodeHistogram(encodeHistogram(new Histogram()));
    expect(empty.count).toBe(0);
    const large = histogramOf([5]);
    for (let doubling = 0; doubling < 40; doubling += 1) large.add(decodeHistogram(encodeHistogram(large)));
    expect(decodeHistogram(encodeHistogram(large))).toMatchObject({ count: 2 ** 40, min: 5, max: 5 });
  });

  it('adds to what the target holds', () => {
    const target = histogramOf([1]);
    decodeHistogramInto(encodeHistogram(histogramOf([2, 3])), target);
    expect(target).toMatchObject({ count: 3, sum: 6, max: 3 });
  });

  it('refuses bytes that are none, cut or do not add up', () => {
    const bytes = encodeHistogram(histogramOf([1, 2, 3]));
    expect(() => decodeHistogram(new Uint8Array(40))).toThrow('not a histogram');
    expect(() => decodeHistogram(bytes.slice(0, -1))).toThrow('ends too early');
    const wrong = bytes.slice();
    wrong[25] = 9;
    expect(() => decodeHistogram(wrong)).toThrow('do not add up');
  });
});

describe('the export', () => {
  it('holds the same samples in hdr-histogram-js, in units of 100 ns', () => {
    const exported = toHdrHistogram(histogramOf([1, 2, 2, 500]));
    expect(exported.totalCount).toBe(4);
    expect(exported.getValueAtPercentile(50)).toBe(highestUnitsAt(indexOfMs(2)));
    expect(toHdrBase64(histogramOf([1]))).toMatch(/^HISTF/);
  });
});
