import { describe, expect, it } from 'vitest';
import { driftOf } from '../../../../src/report/compare/seconds/find-drift.js';
import { SeededRandom } from '../../../../src/core/seeded-random.js';
import type { Resampled } from '../../../../src/report/compare/seconds/second-counts.js';

/** A run whose seconds have these logarithms; of a block their mean. */
function run(seconds: readonly number[]): Resampled {
  return {
    seconds: seconds.length,
    logFigure: ({ starts, length }) => {
      const [from = 0] = starts;
      return seconds.slice(from, from + length).reduce((sum, value) => sum + value, 0) / length;
    },
    perSecond: () => seconds,
  };
}

/**
 * Seconds with a standard deviation of 10 % and the given autocorrelation, on a slope from the
 * beginning to the end.
 */
function seconds(count: number, correlation: number, slope: number, seed: number): number[] {
  const draws = new SeededRandom(seed);
  let state = 0;
  return Array.from({ length: count }, (_, second) => {
    let normal = -6;
    for (let draw = 0; draw < 12; draw += 1) normal += draws.below(1_000_000) / 1_000_000;
    state = correlation * state + Math.sqrt(1 - correlation ** 2) * normal;
    return 0.1 * state + (slope * second) / count;
  });
}

function told(count: number, correlation: number, slope: number): number {
  let times = 0;
  for (let seed = 0; seed < 400; seed += 1) {
    if (driftOf(run(seconds(count, correlation, slope, seed * 7 + 1))) !== undefined) times += 1;
  }
  return times / 400;
}

describe('a drift within a run', () => {
  it('is told with its size and its way', () => {
    expect(driftOf(run(seconds(60, 0, 0.5, 1)))).toBeCloseTo(Math.expm1(0.5 * 0.75), 1);
    expect(driftOf(run(seconds(60, 0, -0.5, 1)))).toBeLessThan(-0.25);
    expect(told(60, 0, 0.5)).toBeGreaterThan(0.95);
  });

  it('is seldom told where there is none, also when seconds hang together', () => {
    expect(told(60, 0, 0)).toBeLessThanOrEqual(0.01);
    expect(told(60, 0.5, 0)).toBeLessThanOrEqual(0.02);
    expect(told(60, 0.8, 0)).toBeLessThanOrEqual(0.05);
    expect(told(600, 0.8, 0)).toBeLessThanOrEqual(0.01);
  });

  it('is not looked for in a short run, nor where it is small', () => {
    expect(driftOf(run(seconds(20, 0, 1, 1)))).toBeUndefined();
    expect(driftOf(run(Array.from({ length: 80 }, (_, second) => second / 2000)))).toBeUndefined();
  });
});
