import { describe, expect, it } from 'vitest';
import { Histogram } from '../../../src/core/histogram.js';
import { decodeSparse, encodeHistogram } from '../../../src/core/histogram-codec.js';
import { SecondCounts } from '../../../src/report/compare/second-counts.js';

function filled(seconds: number, valueOf: (second: number, sample: number) => number | undefined): SecondCounts {
  const counts = new SecondCounts();
  for (let second = 0; second < seconds; second += 1) {
    const histogram = new Histogram();
    for (let sample = 0; sample < 500; sample += 1) {
      const value = valueOf(second, sample);
      if (value !== undefined) histogram.record(value);
    }
    if (histogram.count > 0) counts.add(second, decodeSparse(encodeHistogram(histogram)));
  }
  return counts;
}

describe('SecondCounts', () => {
  /** Over ten seconds, each with its share of all times. */
  const exponential = (second: number, sample: number): number =>
    -10 * Math.log(1 - (sample * 10 + (second % 10) + 0.5) / 5000);

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
    expect(counts.figures(3)).toBeUndefined();
    expect(counts.figures(2)?.count).toBe(500);
  });
});
