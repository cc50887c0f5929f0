import { expect, it } from 'vitest';
import { largest } from '../../src/core/largest.js';

it('is the largest of any number of values', () => {
  expect(largest([3, -1, 7, 2])).toBe(7);
  expect(largest(Array.from({ length: 1_000_000 }, (_, index) => 1 - index))).toBe(1);
});
