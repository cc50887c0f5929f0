import { describe, expect, it } from 'vitest';
import { Histogram } from '../../../../src/core/histogram/histogram.js';
import { encodeHistogram } from '../../../../src/core/histogram/histogram-codec.js';
import { QuantileGrid } from '../../../../src/report/compare/seconds/quantile-grid.js';
import { SecondCounts } from '../../../../src/report/compare/seconds/second-counts.js';
import { histogramOf } from '../../../support/sample-run.js';

function filled(
  seconds: number,
  valueOf: (second: number, sample: number) => number | undefined,
  slotSeconds = 1,
): SecondCounts {
  const total = new Histogram();
  const histograms = Array.from({ length: seconds }, (_, second) => {
    const histogram = new Histogram();
    for (let sample = 0; sample < 500; sample += 1) {
      const value = valueOf(second, sample);
      if (value !== undefined) histogram.record(value);
    }
    total.add(histogram);
    return histogram;
  });
  const counts = new SecondCounts(new QuantileGrid(total.counts, [0.5, 0.9, 0.99]), { slotSeconds });
  histograms.forEach((histogram, second) => {
    if (histogram.count > 0) counts.add(second, encodeHistogram(histogram));
  });
  return counts;
}

/** Over ten seconds, each with its share of all times. */
function exponential(second: number, sample: number): number {
  return -10 * Math.log(1 - (sample * 10 + (second % 10) + 0.5) / 5000);
}

describe('SecondCounts', () => {
  it.each([0.5, 0.9, 0.99])('gives the quantile %d of all seconds within a percent', (quantile) => {
    const sample = filled(10, exponential).around(quantile, 0, 10);
    const truth = -10 * Math.log(1 - quantile);
    expect(Math.abs(sample.whole / truth - 1)).toBeLessThan(0.01);
    expect(sample.samples).toBe(5000);
    expect(sample.perSecond()).toHaveLength(10);
  });

  it('looks at the seconds that it is told, with blocks that go on at the beginning', () => {
    const counts = filled(10, (second, sample) => exponential(second, sample) * (second < 5 ? 1 : 2));
    expect(counts.around(0.5, 5, 10).whole / counts.around(0.5, 0, 5).whole).toBeCloseTo(2, 1);
    const sample = counts.around(0.5, 0, 10);
    const slow = sample.logQuantile({ starts: Int32Array.of(5), length: 5 });
    const round = sample.logQuantile({ starts: Int32Array.of(8), length: 4 });
    expect(Math.exp(slow)).toBeGreaterThan(Math.exp(round));
    expect(sample.logQuantile({ starts: Int32Array.of(5, 5), length: 5 })).toBeCloseTo(slow, 12);
  });

  it('leaves out seconds without samples', () => {
    const counts = filled(6, (second, sample) => (second === 3 ? undefined : exponential(second, sample)));
    expect(counts.around(0.5, 0, 6).perSecond()).toHaveLength(5);
    expect(counts.around(0.5, 3, 4).samples).toBe(0);
    expect(counts.figures({ from: 2, to: 4 }).counts).toEqual([500, 0]);
  });
});

describe('SecondCounts of slower seconds', () => {
  it('makes a copy with all times multiplied by a factor', () => {
    const counts = filled(10, exponential);
    const slow = counts.slowed(1.2).slowed(1.5);
    for (const quantile of [0.5, 0.99])
      expect(slow.around(quantile, 0, 10).whole / counts.around(quantile, 0, 10).whole).toBeCloseTo(1.8, 9);
    const second = { from: 1, to: 2 };
    const { sums, maxima } = counts.figures(second);
    const longer = (times: readonly number[]) => times.map((time) => expect.closeTo(time * 1.8, 6) as number);
    expect(slow.figures(second)).toEqual({ counts: [500], sums: longer(sums), maxima: longer(maxima) });
  });
});

describe('the grid of SecondCounts', () => {
  it('knows whether its edges are dense where the quantiles of some seconds lie', () => {
    const counts = filled(30, (second, sample) => exponential(second, sample) * (second < 10 ? 20 : 1));
    expect(counts.isDense(0, 30)).toBe(true);
    expect(counts.isDense(10, 30)).toBe(false);
    expect(counts.isDense(30, 30)).toBe(true);
    // Even so no figure is taken from an end of the dense edges.
    const truth = -10 * Math.log(1 - 0.99);
    expect(Math.abs(counts.around(0.99, 10, 30).whole / truth - 1)).toBeLessThan(0.3);
  });

  it('refuses quantiles that it was not made for, and bytes that are not a histogram', () => {
    const counts = filled(3, exponential);
    expect(() => counts.around(0.95, 0, 3)).toThrow('not counted for the quantile 0.95');
    const bytes = encodeHistogram(histogramOf([5, 7, 7.5]));
    expect(() => counts.add(3, bytes.slice(0, -1))).toThrow('ends too early');
    bytes.set([bytes.at(-1) === 1 ? 2 : 1], bytes.length - 1);
    expect(() => counts.add(3, bytes)).toThrow('do not add up');
    expect(() => counts.add(3, new Uint8Array(30))).toThrow('not a histogram');
    expect(counts.figures({ from: 3, to: 4 }).counts).toEqual([0]);
  });
});

describe('SecondCounts in slots', () => {
  const inSlots = (slotSeconds: number) =>
    filled(60, (second, sample) => exponential(second, sample) * (1 + second / 60), slotSeconds);

  it('give the same quantiles of whole slots, and of every second the same figures', () => {
    const [seconds, slots] = [inSlots(1), inSlots(4)];
    for (const quantile of [0.5, 0.9, 0.99]) {
      expect(slots.around(quantile, 8, 40).whole).toBeCloseTo(seconds.around(quantile, 8, 40).whole, 12);
      expect(slots.around(quantile, 8, 40).seconds).toBe(8);
    }
    expect(slots.figures({ from: 5, to: 9 })).toEqual(seconds.figures({ from: 5, to: 9 }));
    expect(slots.isDense(8, 40)).toBe(seconds.isDense(8, 40));
  });

  it('leave out slots that reach beyond what is looked at', () => {
    const slots = inSlots(4);
    expect(slots.around(0.5, 5, 15).samples).toBe(slots.around(0.5, 8, 12).samples);
  });
});
