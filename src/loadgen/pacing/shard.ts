import { countStriped, isStriped, nthStriped, type Stripe } from './stripe.js';

/**
 * One of `count` parts of a process's part of a plan. Virtual users and iterations are numbered
 * from 0 and belong to the shard whose `index` is the number modulo `count`. In an execution
 * segment the stripe selects the numbers of the process first.
 */
export interface Shard {
  readonly index: number;
  readonly count: number;
  readonly stripe?: Stripe;
}

/** The shard of a process with one thread and the whole plan. */
export const WHOLE: Shard = { index: 0, count: 1 };

/**
 * The shard's number out of `total`. The shares of all shards sum to the total, and those of one
 * process differ by at most one.
 */
export function shareOf(total: number, { index, count, stripe }: Shard): number {
  const own = stripe === undefined ? total : countStriped(total, stripe);
  return Math.max(0, Math.ceil((own - index) / count));
}

/** The number in the whole plan of the shard's `nth` virtual user or iteration, both from 0. */
export function numberInPlan(nth: number, { index, count, stripe }: Shard): number {
  const own = index + nth * count;
  return stripe === undefined ? own : nthStriped(own, stripe);
}

/** The things that belong to the shard, by their position in the order. */
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
