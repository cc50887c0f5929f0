/** Units of the layout in a millisecond: one unit is 100 ns. */
export const UNITS_PER_MS = 10_000;
/** The largest trackable value, 1 h, in units; larger values count in its bucket. */
export const HIGHEST_UNITS = 3.6e10;
/**
 * Three significant digits need 2,000 steps at single-unit resolution; the next power of two is the
 * layout's.
 */
export const SUB_BUCKET_COUNT = 2048;
export const SUB_BUCKET_HALF_COUNT = SUB_BUCKET_COUNT / 2;
/** Doublings from the first 2,048 units to beyond 1 h. */
export const BUCKET_COUNT = 26;
/** How many counts a histogram has. */
export const COUNTS_LENGTH = (BUCKET_COUNT + 1) * SUB_BUCKET_HALF_COUNT;

/** `31 - clz32(v)` is the place of the highest bit; values below 2,048 all belong to bucket 0. */
const LEADING_ZEROS_OF_BUCKET_0 = Math.clz32(SUB_BUCKET_COUNT - 1);

/**
 * The place in the counts of a whole number of units from 0 to below 2^31. Hot: see bench/recorder.
 */
export function indexOfSmallUnits(units: number): number {
  const bucket = LEADING_ZEROS_OF_BUCKET_0 - Math.clz32(units | (SUB_BUCKET_COUNT - 1));
  return bucket * SUB_BUCKET_HALF_COUNT + (units >>> bucket);
}

/** The place in the counts of a whole number of units; what is above an hour goes to the hour's. */
export function indexOfUnits(units: number): number {
  if (units < 2 ** 31) return indexOfSmallUnits(units);
  const clamped = Math.min(units, HIGHEST_UNITS);
  // Only 31 bits fit the fast way; dropping 8 low ones here costs nothing, the bucket drops at
  // least 21.
  const shift = 8;
  return indexOfSmallUnits(Math.floor(clamped / 2 ** shift)) + shift * SUB_BUCKET_HALF_COUNT;
}

/** The place in the counts of a time in milliseconds, rounded to the nearest unit. */
export function indexOfMs(valueMs: number): number {
  return indexOfUnits(Math.floor(valueMs * UNITS_PER_MS + 0.5));
}

/** The smallest number of units that counts at this place. */
export function lowestUnitsAt(index: number): number {
  const bucket = bucketAt(index);
  return (index - bucket * SUB_BUCKET_HALF_COUNT) * 2 ** bucket;
}

/** The largest number of units that counts at this place. */
export function highestUnitsAt(index: number): number {
  return lowestUnitsAt(index) + 2 ** bucketAt(index) - 1;
}

/**
 * The middle of what counts at this place, in milliseconds: off by at most 0.05 %, or by half a
 * unit.
 */
export function middleMsAt(index: number): number {
  return (lowestUnitsAt(index) + highestUnitsAt(index)) / 2 / UNITS_PER_MS;
}

function bucketAt(index: number): number {
  return Math.max(0, Math.floor(index / SUB_BUCKET_HALF_COUNT) - 1);
}
