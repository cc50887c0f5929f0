import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberInPlan, partOf, shareOf, type Shard } from '../../../src/loadgen/pacing/shard.js';
import { createStripe } from '../../../src/loadgen/pacing/stripe.js';

/** Cuts of a whole of `period` slots into neighbouring parts, each with a number of threads. */
const partition = fc
  .integer({ min: 1, max: 60 })
  .chain((period) =>
    fc.record({
      period: fc.constant(period),
      cuts: fc.uniqueArray(fc.integer({ min: 1, max: Math.max(1, period - 1) }), { maxLength: 5 }),
      threads: fc.integer({ min: 1, max: 4 }),
    }),
  )
  .map(({ period, cuts, threads }) => {
    const bounds = [0, ...cuts.filter((cut) => cut < period).toSorted((left, right) => left - right), period];
    const segments = bounds.slice(1).map((to, index) => createStripe({ period, from: bounds[index] ?? 0, to }));
    const shards = segments.flatMap((stripe) =>
      Array.from({ length: threads }, (_, index): Shard => ({ index, count: threads, stripe })),
    );
    return { period, segments, shards };
  });

const total = fc.nat(500);

describe('the shards of all execution segments', () => {
  it('share out each number of virtual users or iterations without rest', () => {
    fc.assert(
      fc.property(partition, total, ({ shards }, count) => {
        expect(shards.reduce((sum, shard) => sum + shareOf(count, shard), 0)).toBe(count);
      }),
    );
  });

  it('have each number once, and agree with their shares for every number up to it', () => {
    fc.assert(
      fc.property(partition, total, ({ shards }, count) => {
        const numbers = Array.from({ length: count }, (_, number) => number);
        const parts = shards.map((shard) => [...partOf(numbers, shard)]);
        expect(parts.flat().toSorted((left, right) => left - right)).toEqual(numbers);
        parts.forEach((part, index) => {
          const shard = shards[index];
          if (shard === undefined) throw new Error('a part without its shard');
          expect(part).toHaveLength(shareOf(count, shard));
          expect(part).toEqual(part.map((_, nth) => numberInPlan(nth, shard)));
        });
      }),
    );
  });

  it('have exactly their part of each whole period', () => {
    fc.assert(
      fc.property(partition, fc.nat(5), ({ period, segments }, periods) => {
        for (const stripe of segments) {
          expect(shareOf(period * periods, { index: 0, count: 1, stripe })).toBe(periods * stripe.offsets.length);
        }
      }),
    );
  });

  it('are the same when one is counted in a larger power of two', () => {
    const half = createStripe({ period: 2, from: 1, to: 2 });
    const sameHalf = createStripe({ period: 16, from: 8, to: 16 });
    const numbers = Array.from({ length: 64 }, (_, number) => number);
    const of = (stripe: typeof half) => [...partOf(numbers, { index: 0, count: 1, stripe })];
    expect(of(half)).toEqual(of(sameHalf));
  });

  it('take turns: no quarter has two numbers more than another', () => {
    const quarters = [0, 1, 2, 3].map((from) => createStripe({ period: 4, from, to: from + 1 }));
    const shares = (count: number) => quarters.map((stripe) => shareOf(count, { index: 0, count: 1, stripe }));
    expect(shares(10)).toEqual([3, 2, 3, 2]);
    expect(shares(1)).toEqual([1, 0, 0, 0]);
  });
});
