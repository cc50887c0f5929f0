import { describe, expect, it } from 'vitest';
import { sumProgress, type ThreadProgress } from '../../../src/loadgen/thread/progress-cells.js';

function progress(factor: number, state: ThreadProgress['state']): ThreadProgress {
  return {
    elapsedMs: factor * 100,
    activeVus: factor,
    allocatedVus: factor * 2,
    completeIterations: factor * 3,
    interruptedIterations: factor * 4,
    droppedIterations: factor * 5,
    state,
  };
}

describe('sumProgress', () => {
  it('adds up the counts and takes the longest time', () => {
    expect(sumProgress([progress(1, 'running'), progress(10, 'running')])).toEqual({
      ...progress(11, 'running'),
      elapsedMs: 1000,
    });
  });

  it('is done when every thread is, and runs as long as any does', () => {
    expect(sumProgress([progress(1, 'done'), progress(1, 'running')]).state).toBe('running');
    expect(sumProgress([progress(1, 'done'), progress(1, 'stopping')]).state).toBe('stopping');
    expect(sumProgress([progress(1, 'done'), progress(1, 'interrupted')]).state).toBe('interrupted');
    expect(sumProgress([progress(1, 'done'), progress(1, 'done')]).state).toBe('done');
  });
});
