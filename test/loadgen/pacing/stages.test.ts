import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareOf } from '../../../src/loadgen/pacing/shard.js';
import { mostVus, plannedVus, stagesMs, vuSteps } from '../../../src/loadgen/pacing/stages.js';

const stage = fc.record({ durationMs: fc.nat(5000), target: fc.nat(50) });
const ramp = fc.record({ start: fc.nat(50), stages: fc.array(stage, { maxLength: 6 }) });

describe('planned virtual users', () => {
  it.each([
    [0, 0],
    [999, 0],
    [1000, 1],
    [9999, 9],
    [10_000, 10],
    [15_000, 10],
    [20_999, 10],
    [21_000, 9],
    [25_500, 5],
    [30_000, 0],
    [99_000, 0],
  ])('after %i ms of ten up, ten level and ten down are %i', (elapsedMs, expected) => {
    const stages = [
      { durationMs: 10_000, target: 10 },
      { durationMs: 10_000, target: 10 },
      { durationMs: 10_000, target: 0 },
    ];
    expect(plannedVus(0, stages, elapsedMs)).toBe(expected);
  });

  it('jump in a stage without a duration', () => {
    const stages = [
      { durationMs: 1000, target: 3 },
      { durationMs: 0, target: 9 },
      { durationMs: 1000, target: 9 },
    ];
    expect([999, 1000, 1500].map((at) => plannedVus(3, stages, at))).toEqual([3, 9, 9]);
  });

  it('change at their steps and nowhere else', () => {
    fc.assert(
      fc.property(ramp, fc.nat(30_000), ({ start, stages }, elapsedMs) => {
        const steps = [...vuSteps(start, stages)];
        const moments = steps.map(({ atMs }) => atMs);
        expect(moments).toEqual(moments.toSorted((left, right) => left - right));
        const nearStep = moments.some((atMs) => atMs !== elapsedMs && Math.abs(atMs - elapsedMs) < 1e-6);
        fc.pre(!nearStep);
        const last = steps.findLast(({ atMs }) => atMs <= elapsedMs);
        expect(last?.vus).toBe(plannedVus(start, stages, elapsedMs));
        expect(Math.max(...steps.map(({ vus }) => vus))).toBe(mostVus(start, stages));
        expect(moments.at(-1)).toBeLessThanOrEqual(stagesMs(stages) + 1e-6);
      }),
    );
  });
});

describe('shards', () => {
  it('share a total so that nothing is left and none has two more than another', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 40 }), (total, count) => {
        const shares = Array.from({ length: count }, (_, index) => shareOf(total, { index, count }));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
