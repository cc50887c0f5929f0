/** Units of the layout per millisecond: one unit is 100 ns. */
export const UNITS_PER_MS = 10_000;
/** The largest trackable value, 1 h, in units; larger values are counted in its bucket. */
export const HIGHEST_UNITS = 3.6e10;
/**
 * Three significant digits need 2,000 steps at single-unit resolution, rounded up to a power of
 * two.
 */
export const SUB_BUCKET_COUNT = 2048;
export const SUB_BUCKET_HALF_COUNT = SUB_BUCKET_COUNT / 2;
/** Doublings from the first 2,048 units to beyond 1 h. */
export const BUCKET_COUNT = 26;
/** Number of buckets of a histogram. */
export const COUNTS_LENGTH = (BUCKET_COUNT + 1) * SUB_BUCKET_HALF_COUNT;

/**
 * `31 - clz32(v)` is the position of the highest bit; values below 2,048 all belong to bucket 0.
 */
const LEADING_ZEROS_OF_BUCKET_0 = Math.clz32(SUB_BUCKET_COUNT - 1);

/**
 * The bucket index of an integer number of units from 0 to below 2^31. Hot path: see
 * bench/recorder.
 */
export function indexOfSmallUnits(units: number): number {
  const bucket = LEADING_ZEROS_OF_BUCKET_0 - Math.clz32(units | (SUB_BUCKET_COUNT - 1));
  return bucket * SUB_BUCKET_HALF_COUNT + (units >>> bucket);
}

/**
 * The bucket index of an integer number of units; values above an hour belong to the bucket of the
 * hour.
 */
export function indexOfUnits(units: number): number {
  if (units < 2 ** 31) return indexOfSmallUnits(units);
  const clamped = Math.min(units, HIGHEST_UNITS);
  // The fast path is limited to 31 bits. Dropping the 8 low bits here loses nothing, since the
  // bucket drops at least 21.
  const shift = 8;
  return indexOfSmallUnits(Math.floor(clamped / 2 ** shift)) + shift * SUB_BUCKET_HALF_COUNT;
}

/** The bucket index of a time in milliseconds, rounded to the nearest unit. */
export function indexOfMs(valueMs: number): number {
  return indexOfUnits(Math.floor(valueMs * UNITS_PER_MS + 0.5));
}

/** The smallest number of units in a bucket. */
export function lowestUnitsAt(index: number): number {
  const bucket = bucketAt(index);
  return (index - bucket * SUB_BUCKET_HALF_COUNT) * 2 ** bucket;
}

/** The largest number of units in a bucket. */
export function highestUnitsAt(index: number): number {
  return lowestUnitsAt(index) + 2 ** bucketAt(index) - 1;
}

/** The middle of a bucket in milliseconds, with an error of at most 0.05 % or half a unit. */
export function middleMsAt(index: number): number {
  return (lowestUnitsAt(index) + highestUnitsAt(index)) / 2 / UNITS_PER_MS;
}

function bucketAt(index: number): number {
  return Math.max(0, Math.floor(index / SUB_BUCKET_HALF_COUNT) - 1);
}
