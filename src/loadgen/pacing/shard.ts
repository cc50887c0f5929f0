/** One of `count` parts of a plan. What is numbered from 0 belongs to the part whose `index` is the number modulo `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** All of it. */
export const WHOLE: Shard = { index: 0, count: 1 };

/** How many of `total` things fall to the shard; the shares of all shards sum to the total, and differ by one at most. */
export function shareOf(total: number, { index, count }: Shard): number {
  return Math.max(0, Math.ceil((total - index) / count));
}
