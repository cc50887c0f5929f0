import { expect, it } from 'vitest';
import { backoffMs } from '../../src/core/pause.js';

it('a pause doubles with each failure in a row, up to five seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 1e9].map(backoffMs)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});
