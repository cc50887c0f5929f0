import { expect, it } from 'vitest';
import type { GaugeFigures, SecondRecord } from '../../src/run-file/records.js';
import { SecondsSum } from '../../src/run-file/sum-seconds.js';

function second(index: number, vus: GaugeFigures): SecondRecord {
  return {
    second: index,
    elapsedMs: (index + 1) * 1000,
    counters: { iterations: 2 },
    gauges: { vus },
    rates: {},
    trends: {},
    checks: [],
  };
}

it('keeps of a gauge the last value, and the extremes of all seconds', () => {
  const sum = new SecondsSum();
  sum.add(second(0, { value: 5, min: 4, max: 9 }));
  sum.add(second(1, { value: 3, min: 1, max: 3 }));
  sum.add(second(2, { value: 7, min: 7, max: 7 }));
  const { totals } = sum.end([], []);
  expect(totals.gauges).toEqual({ vus: { value: 7, min: 1, max: 9 } });
  expect([totals.durationMs, totals.counters, totals.iterations.complete]).toEqual([3000, { iterations: 6 }, 6]);
});
