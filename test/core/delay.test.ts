import { expect, it } from 'vitest';
import { backoffMs, Pause, waitAtMost, withDeadline } from '../../src/core/delay.js';
import { ManualClock } from '../support/manual-clock.js';

const never = new Promise<string>(() => undefined);

it('doubles the delay with each failure in a row, up to five seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 1e9].map(backoffMs)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

it('gives what the work gives before the deadline, and the other value at the deadline', async () => {
  const clock = new ManualClock();
  await expect(withDeadline(clock, Promise.resolve('done'), 10, 'late')).resolves.toBe('done');
  await expect(withDeadline(clock, Promise.reject(new Error('broken')), 10, 'late')).rejects.toThrow('broken');
  const waiting = withDeadline(clock, never, 10, 'late');
  clock.advance(10);
  await expect(waiting).resolves.toBe('late');
});

it('reports whether the work settled in time, even when it failed', async () => {
  const clock = new ManualClock();
  await expect(waitAtMost(clock, Promise.reject(new Error('broken')), 10)).resolves.toBe(true);
  const waiting = waitAtMost(clock, never, 10);
  clock.advance(10);
  await expect(waiting).resolves.toBe(false);
});

it('ends a pause early, and can be used again', async () => {
  const clock = new ManualClock();
  const pause = new Pause(clock);
  const ends: string[] = [];
  const first = pause.wait(60_000).then(() => ends.push('first'));
  pause.end();
  await first;
  const second = pause.wait(50).then(() => ends.push('second'));
  clock.advance(50);
  await second;
  expect(ends).toEqual(['first', 'second']);
});
