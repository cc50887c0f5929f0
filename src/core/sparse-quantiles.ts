import type { SparseHistogram } from './histogram-codec.js';
import { middleMsAt } from './histogram-layout.js';

/** Quantiles of samples in buckets, in milliseconds: the middle of the bucket that the rank falls into. `quantiles` ascend from 0 to 1. */
export function quantilesOf({ indexes, counts, total }: SparseHistogram, quantiles: readonly number[]): number[] {
  const found: number[] = [];
  let seen = 0;
  let place = -1;
  for (const quantile of quantiles) {
    const rank = Math.max(1, Math.ceil(quantile * total));
    while (seen < rank && place + 1 < indexes.length) {
      place += 1;
      seen += counts[place] ?? 0;
    }
    found.push(middleMsAt(indexes[Math.max(0, place)] ?? 0));
  }
  return found;
}
