import { build, encodeIntoCompressedBase64, type Histogram as HdrHistogram } from 'hdr-histogram-js';
import type { Histogram } from './histogram.js';
import { HIGHEST_UNITS, UNITS_PER_MS, lowestUnitsAt } from './histogram-layout.js';

/** Number of lines per halving of the distance to 100 %: HdrHistogram's default. */
const TICKS_PER_HALF_DISTANCE = 5;

/**
 * Renders HdrHistogram's text of the percentile distribution with values in milliseconds, for
 * plotters of `.hgrm` files.
 */
export function percentileDistribution(histogram: Histogram): string {
  return toHdrHistogram(histogram).outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, UNITS_PER_MS);
}

/**
 * Converts to a histogram of the library hdr-histogram-js with the same layout, in units of 100 ns.
 */
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
 * Encodes in HdrHistogram's compressed V2 format in base64, as in other implementations and `.hlog`
 * files.
 */
export function toHdrBase64(histogram: Histogram): string {
  return encodeIntoCompressedBase64(toHdrHistogram(histogram));
}
