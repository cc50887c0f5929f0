import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../src/core/seeded-random.js';
import { findChangePoints } from '../../../src/report/trend/e-divisive.js';

/** Normal values about each level: the sum of twelve even draws, from a seed. */
function series(
  seed: number,
  spread: number,
  ...levels: readonly (readonly [runs: number, level: number])[]
): number[] {
  const draws = new SeededRandom(seed);
  const normal = (): number => {
    let sum = -6;
    for (let draw = 0; draw < 12; draw += 1) sum += draws.below(1_000_000) / 1_000_000;
    return sum;
  };
  return levels.flatMap(([runs, level]) => Array.from({ length: runs }, () => level + spread * normal()));
}

describe('a series of levels', () => {
  it('has a step where its level changes, and two where it comes back', () => {
    expect(findChangePoints(series(1, 0.02, [12, 0], [12, 0.2]), 7).map(({ index }) => index)).toEqual([12]);
    expect(findChangePoints(series(2, 0.02, [12, 0], [10, 0.2], [12, 0]), 7).map(({ index }) => index)).toEqual([
      12, 22,
    ]);
  });

  it('has the same steps and chances whenever it is looked at', () => {
    const values = series(3, 0.03, [10, 0], [10, 0.1]);
    expect(findChangePoints(values, 5)).toEqual(findChangePoints(values, 5));
  });

  it('has none when it is short, flat, or has one value that stands out', () => {
    expect(findChangePoints([1, 2, 3, 4, 5], 1)).toEqual([]);
    expect(
      findChangePoints(
        Array.from({ length: 30 }, () => 4),
        1,
      ),
    ).toEqual([]);
    const values = series(4, 0.02, [30, 0]);
    values[15] = 1;
    expect(findChangePoints(values, 1)).toEqual([]);
  });

  it('seldom has one where neighbouring runs are alike, and still finds a real one', () => {
    const alike = (seed: number, step: number): number[] => {
      let level = 0;
      return series(seed, 1, [24, 0]).map((innovation, at) => {
        level = 0.5 * level + Math.sqrt(0.75) * innovation;
        return level + (at >= 14 ? step : 0);
      });
    };
    let alarms = 0;
    let found = 0;
    for (let seed = 0; seed < 30; seed += 1) {
      if (findChangePoints(alike(900 + seed, 0), seed).length > 0) alarms += 1;
      if (findChangePoints(alike(900 + seed, 5), seed).length > 0) found += 1;
    }
    // Shuffling the values themselves gives about 10.
    expect(alarms).toBeLessThanOrEqual(5);
    expect(found).toBeGreaterThanOrEqual(27);
  });

  it('seldom has one by chance, and nearly always one of three spreads', () => {
    let alarms = 0;
    let found = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      if (findChangePoints(series(100 + seed, 0.03, [24, 0]), seed).length > 0) alarms += 1;
      if (findChangePoints(series(500 + seed, 0.03, [16, 0], [8, 0.09]), seed).length > 0) found += 1;
    }
    expect(alarms).toBeLessThanOrEqual(3);
    expect(found).toBeGreaterThanOrEqual(57);
  });
});
