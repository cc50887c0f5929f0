import { expect, it } from 'vitest';
import { ProgressCells, type ThreadProgress } from '../../../src/loadgen/thread/progress-cells.js';

it('carries the totals of a run of several weeks', () => {
  const progress: ThreadProgress = {
    activeVus: 100,
    allocatedVus: 200,
    droppedIterations: 3,
    completeIterations: 3_000_000_000,
    interruptedIterations: 2 ** 33,
    elapsedMs: 1000 * 3_600_000,
    state: 'stopping',
  };
  const written = new ProgressCells();
  written.write(progress);
  expect(new ProgressCells(written.memory).read()).toEqual(progress);
});
