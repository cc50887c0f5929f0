import { countStriped, isStriped, nthStriped, type Stripe } from './stripe.js';

/**
 * One of `count` parts of what a process runs of a plan. What is numbered from 0 belongs to the
 * part whose `index` is the number modulo `count`; where the process runs an execution segment, its
 * stripe first says which numbers are the process's at all.
 */
export interface Shard {
  readonly index: number;
  readonly count: number;
  readonly stripe?: Stripe;
}

/** All of it. */
export const WHOLE: Shard = { index: 0, count: 1 };

/**
 * How many of `total` things fall to the shard; the shares of all shards sum to the total, and
 * those of one process differ by one at most.
 */
export function shareOf(total: number, { index, count, stripe }: Shard): number {
  const own = stripe === undefined ? total : countStriped(total, stripe);
  return Math.max(0, Math.ceil((own - index) / count));
}

/** The number in the whole plan of the shard's `nth` thing, both from 0. */
export function numberInPlan(nth: number, { index, count, stripe }: Shard): number {
  const own = index + nth * count;
  return stripe === undefined ? own : nthStriped(own, stripe);
}

/** Those of the things, which are numbered in their order, that fall to the shard. */
export function* partOf<T>(things: Iterable<T>, { index, count, stripe }: Shard): Generator<T> {
  let number = 0;
  let own = 0;
  for (const thing of things) {
    const isOwn = stripe === undefined || isStriped(number, stripe);
    number += 1;
    if (!isOwn) continue;
    if (own % count === index) yield thing;
    own += 1;
  }
}
