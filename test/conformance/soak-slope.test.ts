import { describe, expect, it } from 'vitest';
import { estimateSlope, windowMinima } from '../../conformance/soak/slope.mjs';

/** Noise between 0 and 1 that is the same each time. */
function noise(index: number): number {
  return ((index * 7_919) % 101) / 101;
}

function line(count: number, slope: number): { readonly at: number; readonly value: number }[] {
  return Array.from({ length: count }, (_, at) => ({ at, value: 100 + slope * at + noise(at) }));
}

describe('the slope of memory', () => {
  it('is found among noise, with an interval that holds it and not zero', () => {
    const estimate = estimateSlope(line(30, 0.5));
    expect(estimate?.slope).toBeCloseTo(0.5, 1);
    expect(estimate?.low).toBeGreaterThan(0);
    expect(estimate?.low).toBeLessThan(0.5);
    expect(estimate?.high).toBeGreaterThan(0.5);
  });

  it('has zero in its interval when nothing grows', () => {
    const estimate = estimateSlope(line(30, 0));
    expect(estimate?.low).toBeLessThan(0);
    expect(estimate?.high).toBeGreaterThan(0);
  });

  it('hardly moves for a single outlier', () => {
    const samples = line(30, 0).with(29, { at: 29, value: 1_000 });
    expect(Math.abs(estimateSlope(samples)?.slope ?? 1)).toBeLessThan(0.02);
  });

  it('is not told from fewer than five samples', () => {
    expect(estimateSlope(line(4, 1))).toBeUndefined();
    expect(estimateSlope(line(5, 1))).toBeDefined();
  });

  it('is taken from the least of each window', () => {
    const samples = [
      { at: 0, value: 5 },
      { at: 1, value: 3 },
      { at: 2, value: 9 },
      { at: 3, value: 10 },
    ];
    expect(windowMinima(samples, 2)).toEqual([samples[1], samples[2]]);
  });
});
