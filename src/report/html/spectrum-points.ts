import { Histogram } from '../../core/histogram.js';
import type { RunOutline } from '../../run-file/index.js';

const STEPS_A_NINE = 16;
const MOST_NINES = 6;

/** A distribution as HdrHistogram draws it: `x` is the number of nines, log10(1 / (1 - q)). */
export interface SpectrumPoints {
  readonly nines: readonly number[];
  readonly ms: readonly number[];
}

/** The distribution of a trend over all of these runs; undefined when none has samples. Of the last nine ten samples lie above. */
export function spectrumOf(runs: readonly RunOutline[], series: string): SpectrumPoints | undefined {
  const whole = new Histogram();
  for (const { end } of runs) {
    const histogram = end.totals.trends[series]?.histograms.response;
    if (histogram !== undefined) whole.add(histogram);
  }
  if (whole.count === 0) return undefined;
  const last = Math.min(MOST_NINES, Math.log10(Math.max(10, whole.count)));
  const nines = Array.from({ length: Math.floor(last * STEPS_A_NINE) + 1 }, (_, step) => step / STEPS_A_NINE);
  return { nines, ms: nines.map((nine) => Number(whole.quantile(1 - 10 ** -nine).toPrecision(4))) };
}
