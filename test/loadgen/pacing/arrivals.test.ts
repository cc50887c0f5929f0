import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantArrivals, rampingArrivals, rateAt } from '../../../src/loadgen/pacing/arrivals.js';

const round = (moments: Iterable<number>): number[] => Array.from(moments, (ms) => Math.round(ms));

/** The area under a ramping rate up to a moment, summed up stage by stage. */
function areaBy(
  elapsedMs: number,
  startRate: number,
  stages: readonly { durationMs: number; target: number }[],
): number {
  let from = startRate;
  let left = elapsedMs;
  let area = 0;
  for (const { durationMs, target } of stages) {
    const time = Math.min(left, durationMs);
    const to = durationMs === 0 ? target : from + ((target - from) * time) / durationMs;
    area += ((from + to) / 2 / 1000) * time;
    left -= time;
    if (left <= 0) break;
    from = target;
  }
  return area;
}

describe('arrivals at a constant rate', () => {
  it.each([
    [{ rate: 4, timeUnitMs: 1000, durationMs: 1000 }, [0, 250, 500, 750]],
    [{ rate: 1, timeUnitMs: 1000, durationMs: 2500 }, [0, 1000, 2000]],
    [{ rate: 90, timeUnitMs: 60_000, durationMs: 2000 }, [0, 667, 1333]],
    [{ rate: 1, timeUnitMs: 5000, durationMs: 1000 }, [0]],
  ])('%o are due at %o', (rate, expected) => {
    expect(round(constantArrivals(rate))).toEqual(expected);
  });
});

describe('arrivals at a ramping rate', () => {
  it('come when the area under the rate reaches the next whole number', () => {
    const stages = [
      { durationMs: 5000, target: 1 },
      { durationMs: 1000, target: 1 },
      { durationMs: 5000, target: 0 },
    ];
    expect(round(rampingArrivals({ startRate: 0, timeUnitMs: 1000, stages }))).toEqual([
      3162, 4472, 5500, 6528, 7838, 11_000,
    ]);
  });

  it('are as many by each moment as the area says', () => {
    const stage = fc.record({ durationMs: fc.nat(3000), target: fc.nat(200) });
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.array(stage, { minLength: 1, maxLength: 5 }),
        fc.nat(15_000),
        (startRate, stages, at) => {
          const moments = [...rampingArrivals({ startRate, timeUnitMs: 1000, stages })];
          expect(moments).toEqual(moments.toSorted((left, right) => left - right));
          const area = areaBy(at, startRate, stages);
          fc.pre(Math.abs(area - Math.round(area)) > 1e-6);
          expect(moments.filter((ms) => ms <= at)).toHaveLength(Math.floor(area));
        },
      ),
    );
  });

  it('have a rate at each moment', () => {
    const ramp = {
      startRate: 10,
      timeUnitMs: 1000,
      stages: [
        { durationMs: 1000, target: 20 },
        { durationMs: 0, target: 50 },
      ],
    };
    expect([0, 500, 1000, 2000].map((ms) => rateAt(ramp, ms))).toEqual([10, 15, 50, 50]);
  });
});
