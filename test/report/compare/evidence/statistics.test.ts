import { describe, expect, it } from 'vitest';
import { blockLength } from '../../../../src/report/compare/evidence/bootstrap.js';
import { SeededRandom, seedOf } from '../../../../src/core/seeded-random.js';
import {
  autocorrelation,
  hochberg,
  hodgesLehmann,
  medianIndex,
  studentQuantile,
  studentTail,
  variance,
} from '../../../../src/report/compare/evidence/statistics.js';

describe('statistics', () => {
  it.each([
    [0.05, 4, 2.131_847],
    [0.05, 2, 2.919_986],
    [0.025, 10, 2.228_139],
    [0.05, 1e6, 1.644_856],
  ])("knows Student's t: %d above, %d degrees of freedom", (probability, degrees, value) => {
    expect(studentQuantile(probability, degrees)).toBeCloseTo(value, 4);
    expect(studentTail(value, degrees)).toBeCloseTo(probability, 5);
    expect(studentTail(-value, degrees)).toBeCloseTo(1 - probability, 5);
  });

  it('estimates a shift by the median of all differences', () => {
    expect(hodgesLehmann([1, 2, 3], [2, 3, 4])).toBe(1);
    expect(hodgesLehmann([0, 0], [1, 2])).toBe(1.5);
    // One wild run moves a mean, not this.
    expect(hodgesLehmann([1, 1, 1, 1], [2, 2, 2, 99])).toBe(1);
  });

  it('adjusts p-values from the largest down', () => {
    expect(hochberg([0.01, 0.04])).toEqual([0.02, 0.04]);
    expect(hochberg([0.04, 0.04, 0.04])).toEqual([0.04, 0.04, 0.04]);
    expect(hochberg([0.2, 0.001])).toEqual([0.2, 0.002]);
    expect(hochberg([])).toEqual([]);
  });

  it('tells how much seconds hang together', () => {
    expect(autocorrelation([1, 2, 1, 2, 1, 2, 1, 2])).toBeLessThan(-0.8);
    expect(autocorrelation([1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7])).toBeGreaterThan(0.5);
    expect(autocorrelation([3, 3, 3, 3, 3])).toBe(0);
    expect([blockLength(60, 0), blockLength(60, 0.9), blockLength(3600, 0.9), blockLength(4, 0.5)]).toEqual([
      5, 10, 69, 2,
    ]);
  });

  it('has the middle one and the spread', () => {
    expect(medianIndex([5, 1, 3])).toBe(2);
    expect(medianIndex([5, 1, 3, 4])).toBe(2);
    expect(variance([1, 2, 3, 4])).toBeCloseTo(5 / 3, 12);
  });

  it('draws the same from the same seed, evenly', () => {
    const draw = (seed: number): number[] => {
      const draws = new SeededRandom(seed);
      return Array.from({ length: 20_000 }, () => draws.below(10));
    };
    expect(draw(seedOf(['a', 'b']))).toEqual(draw(seedOf(['a', 'b'])));
    expect(seedOf(['a', 'b'])).not.toBe(seedOf(['ab', '']));
    const counts = Array.from({ length: 10 }, (_, digit) => draw(7).filter((value) => value === digit).length);
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});
