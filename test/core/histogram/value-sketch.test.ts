import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSketch, encodeSketch } from '../../../src/core/histogram/sketch-codec.js';
import { ValueSketch } from '../../../src/core/histogram/value-sketch.js';

function sketchOf(values: readonly number[]): ValueSketch {
  const sketch = new ValueSketch();
  for (const value of values) sketch.record(value);
  return sketch;
}

/** k6's quantile: linear between the two nearest of the sorted samples. */
function exactQuantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const rank = q * (sorted.length - 1);
  const lower = sorted[Math.floor(rank)] ?? 0;
  const upper = sorted[Math.ceil(rank)] ?? 0;
  return lower + (upper - lower) * (rank - Math.floor(rank));
}

const values = fc.array(
  fc.oneof(fc.double({ min: -1e12, max: 1e12, noNaN: true }), fc.integer({ min: -5, max: 5 }), fc.constant(0)),
  { minLength: 1, maxLength: 200 },
);

describe('a value sketch', () => {
  it('keeps count, min, max and sum exactly', () => {
    expect(sketchOf([3, -2, 0, 10.5])).toMatchObject({ count: 4, min: -2, max: 10.5, sum: 11.5 });
    expect(sketchOf([])).toMatchObject({ count: 0, min: 0, max: 0, sum: 0 });
  });

  it.each([1, 2, 3, 10, 10_000])('agrees with sorted samples within 0.1 %% for %i of them', (count) => {
    const samples = Array.from({ length: count }, (_, index) => ((index * 7919) % count) ** 1.7 + 1);
    const sketch = sketchOf(samples);
    for (const q of [0, 0.1, 0.5, 0.9, 0.95, 0.99, 1]) {
      const exact = exactQuantile(samples, q);
      expect(Math.abs(sketch.quantile(q) - exact)).toBeLessThanOrEqual(exact * 0.001);
    }
  });

  it('is off by at most 0.1 % of the larger neighbour, whatever the signs', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (samples, q) => {
        const sorted = samples.toSorted((left, right) => left - right);
        const rank = q * (samples.length - 1);
        const scale = Math.max(Math.abs(sorted[Math.floor(rank)] ?? 0), Math.abs(sorted[Math.ceil(rank)] ?? 0));
        expect(Math.abs(sketchOf(samples).quantile(q) - exactQuantile(samples, q))).toBeLessThanOrEqual(
          scale * 0.001001,
        );
      }),
    );
  });

  it('merges to what one sketch of all samples is, through its bytes, too', () => {
    fc.assert(
      fc.property(values, values, (first, second) => {
        const merged = decodeSketch(encodeSketch(sketchOf(first)));
        merged.add(sketchOf(second));
        const whole = sketchOf([...first, ...second]);
        expect(merged.positive).toEqual(whole.positive);
        expect(merged.negative).toEqual(whole.negative);
        expect(merged).toMatchObject({ count: whole.count, zeros: whole.zeros, min: whole.min, max: whole.max });
      }),
    );
  });

  it('ignores values that are not finite', () => {
    expect(sketchOf([Number.NaN, Number.POSITIVE_INFINITY, 1]).count).toBe(1);
  });

  it('takes the smallest and the largest double', () => {
    const sketch = decodeSketch(encodeSketch(sketchOf([5e-324, Number.MAX_VALUE, -Number.MAX_VALUE])));
    expect(sketch).toMatchObject({ count: 3, zeros: 1, min: -Number.MAX_VALUE, max: Number.MAX_VALUE });
  });

  it('refuses bytes that are none', () => {
    const bytes = encodeSketch(sketchOf([1, 2, 3]));
    expect(() => decodeSketch(bytes.subarray(0, bytes.length - 1))).toThrow('ends too early');
    expect(() => decodeSketch(bytes.subarray(0, 3))).toThrow('not a sketch');
  });
});
