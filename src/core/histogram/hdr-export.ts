import { build, encodeIntoCompressedBase64, type Histogram as HdrHistogram } from 'hdr-histogram-js';
import type { Histogram } from './histogram.js';
import { HIGHEST_UNITS, UNITS_PER_MS, lowestUnitsAt } from './histogram-layout.js';

/** Lines for each halving of the distance to 100 %: HdrHistogram's default. */
const TICKS_PER_HALF_DISTANCE = 5;

/**
 * HdrHistogram's text of the percentile distribution, values in milliseconds: what plotters of
 * `.hgrm` files read.
 */
export function percentileDistribution(histogram: Histogram): string {
  return toHdrHistogram(histogram).outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, UNITS_PER_MS);
}

/** The histogram as the library hdr-histogram-js has it, of the same shape, in units of 100 ns. */
export function toHdrHistogram(histogram: Histogram): HdrHistogram {
  const exported = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_UNITS,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
    autoResize: false,
  });
  if (histogram.count === 0) return exported;
  for (let index = histogram.firstIndex; index <= histogram.lastIndex; index += 1) {
    const count = histogram.counts[index] ?? 0;
    if (count > 0) exported.recordValueWithCount(lowestUnitsAt(index), count);
  }
  return exported;
}

/**
 * HdrHistogram's compressed V2 encoding in base64, as the other implementations and `.hlog` files
 * have it.
 */
export function toHdrBase64(histogram: Histogram): string {
  return encodeIntoCompressedBase64(toHdrHistogram(histogram));
}
