import { expect, it } from 'vitest';
import { nextTickMs, SeededRandom } from '../../../src/loadgen/pacing/seeded-random.js';

it('keeps the beat of the start, however late a tick ran', () => {
  expect(nextTickMs(100, 1000, 100)).toBe(1100);
  expect(nextTickMs(100, 1000, 1100)).toBe(2100);
  expect(nextTickMs(100, 1000, 1437)).toBe(2100);
});

it('leaves out the ticks that were missed', () => {
  expect(nextTickMs(100, 1000, 5500)).toBe(6100);
});

it('draws the same numbers for the same seed and stream, others for another stream', () => {
  const draw = (seed: number, stream: number): number[] => {
    const random = new SeededRandom(seed, stream);
    return Array.from({ length: 20 }, () => random.integer(5, 40));
  };
  expect(draw(1, 1)).toEqual(draw(1, 1));
  expect(draw(1, 1)).not.toEqual(draw(1, 2));
  expect(draw(1, 1)).not.toEqual(draw(2, 1));
});

it('reaches every number of the range and none beyond', () => {
  const random = new SeededRandom(1, 1);
  const seen = new Set(Array.from({ length: 1000 }, () => random.integer(1, 3)));
  expect([...seen].toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
});
