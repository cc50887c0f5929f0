import { expect, it } from 'vitest';
import { nextTickMs } from '../../../src/loadgen/scenario/snapshot.js';

it('keeps the beat of the start, however late a tick ran', () => {
  expect(nextTickMs(100, 1000, 100)).toBe(1100);
  expect(nextTickMs(100, 1000, 1100)).toBe(2100);
  expect(nextTickMs(100, 1000, 1437)).toBe(2100);
});

it('leaves out the ticks that were missed', () => {
  expect(nextTickMs(100, 1000, 5500)).toBe(6100);
});
