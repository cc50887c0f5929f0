/** The numbers, from 0, whose remainder by the period is one of the offsets. */
export interface Stripe {
  readonly period: number;
  /** Ascending, each below `period`. */
  readonly offsets: readonly number[];
}

/** A part of the whole: slots `from` (included) to `to` (excluded) of `period` equal slots. */
export interface Slots {
  readonly period: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The numbers that belong to a part. Parts without a common slot have no common number, and
 * together they have all numbers; this also holds for parts whose periods are different powers of
 * two. Each part's numbers are spread evenly.
 */
export function createStripe({ period, from, to }: Slots): Stripe {
  const offsets = [...slotOrder(period)].flatMap((slot, number) => (slot >= from && slot < to ? [number] : []));
  return { period, offsets };
}

/** The count of numbers below `total` that belong to the part. */
export function countStriped(total: number, { period, offsets }: Stripe): number {
  const rest = total % period;
  return Math.floor(total / period) * offsets.length + countBelow(offsets, rest);
}

/** The share of all numbers that belong to the part: 0 to 1. */
export function stripeShare({ period, offsets }: Stripe): number {
  return offsets.length / period;
}

/** The part's `nth` number, from 0. */
export function nthStriped(nth: number, { period, offsets }: Stripe): number {
  return Math.floor(nth / offsets.length) * period + (offsets[nth % offsets.length] ?? 0);
}

/** Whether the number belongs to the part. */
export function isStriped(number: number, { period, offsets }: Stripe): boolean {
  const place = number % period;
  return offsets[countBelow(offsets, place)] === place;
}

/** All slots, each once, in bit-reversal order: consecutive ones are spread over the whole. */
function* slotOrder(period: number): Generator<number> {
  const bits = Math.ceil(Math.log2(period));
  const seen = new Set<number>();
  for (let number = 0; number < 2 ** bits; number += 1) {
    const slot = Math.floor((reverseBits(number, bits) * period) / 2 ** bits);
    if (!seen.has(slot)) yield slot;
    seen.add(slot);
  }
}

function reverseBits(number: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0, rest = number; bit < bits; bit += 1, rest = Math.floor(rest / 2))
    reversed = reversed * 2 + (rest % 2);
  return reversed;
}

/** The stripe of the whole: all numbers. */
export const ALL_NUMBERS: Stripe = { period: 1, offsets: [0] };

/** Binary search: the count of ascending numbers below the limit. */
function countBelow(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((ascending[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
