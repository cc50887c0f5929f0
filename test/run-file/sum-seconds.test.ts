import { expect, it } from 'vitest';
import type { GaugeFigures, SecondRecord } from '../../src/run-file/records.js';
import { sumSeconds } from '../../src/run-file/sum-seconds.js';

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
  const { totals } = sumSeconds(
    [
      second(0, { value: 5, min: 4, max: 9 }),
      second(1, { value: 3, min: 1, max: 3 }),
      second(2, { value: 7, min: 7, max: 7 }),
    ],
    [],
    [],
  );
  expect(totals.gauges).toEqual({ vus: { value: 7, min: 1, max: 9 } });
  expect([totals.durationMs, totals.counters, totals.iterations.complete]).toEqual([3000, { iterations: 6 }, 6]);
});
