import { expect, it } from 'vitest';
import { SilenceWatch } from '../../../src/loadgen/thread/thread-group.js';

it('gives a thread with a limit of its own more time', () => {
  const silent: number[] = [];
  const watch = new SilenceWatch(2, (index) => silent.push(index), 2);
  watch.allow(0, 3);
  for (let check = 0; check < 4; check += 1) watch.check();
  expect(silent).toEqual([1]);
  watch.check();
  expect(silent).toEqual([1, 0]);
});

it('reports a silent thread once after the allowed number of checks, and no other', () => {
  const silent: [number, number][] = [];
  const watch = new SilenceWatch(3, (index, seconds) => silent.push([index, seconds]), 3);
  watch.ended(2);
  watch.check();
  watch.check();
  watch.heard(0);
  expect(silent).toEqual([]);
  watch.check();
  watch.check();
  expect(silent).toEqual([[1, 3]]);
  watch.check();
  expect(silent).toEqual([
    [1, 3],
    [0, 3],
  ]);
  for (let check = 0; check < 10; check += 1) watch.check();
  expect(silent).toHaveLength(2);
});
