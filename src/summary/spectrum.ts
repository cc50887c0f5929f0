import type { Histogram } from '../core/histogram.js';
import { BUCKET_COUNT, SUB_BUCKET_COUNT, UNITS_PER_MS, highestUnitsAt } from '../core/histogram-layout.js';
import type { Run } from '../run-file/records.js';
import { latencySeries } from './hdr-table.js';

/** Lines for each halving of the distance to 100 %: HdrHistogram's default. */
const TICKS_PER_HALF_DISTANCE = 5;
const HEAD = '       Value     Percentile TotalCount 1/(1-Percentile)\n\n';

/** The full percentile distribution as HdrHistogram prints it (`.hgrm`), values in milliseconds: what plotters read. */
export function renderSpectrum(histogram: Histogram): string {
  let text = HEAD;
  for (const { valueMs, percentile, total } of percentileSteps(histogram)) {
    text += `${fixed(valueMs, 12, 3)} ${fixed(percentile / 100, 2, 12)} ${String(total).padStart(10)}`;
    text += percentile < 100 ? ` ${fixed(1 / (1 - percentile / 100), 14, 2)}\n` : '\n';
  }
  return text + footer(histogram);
}

/** The distribution of each trend of a run, each under a line `# name kind`. */
export function renderSpectra(run: Run): string {
  return latencySeries(run)
    .map(({ name, kind, histogram }) => `# ${name} ${kind}, in ms\n${renderSpectrum(histogram)}`)
    .join('\n');
}

interface PercentileStep {
  readonly valueMs: number;
  readonly percentile: number;
  readonly total: number;
}

/** HdrHistogram's percentile iteration: steps that halve with every halving of the distance to 100 %, and 100 % itself at the end. */
function* percentileSteps(histogram: Histogram): Generator<PercentileStep> {
  if (histogram.count === 0) return;
  let level = 0;
  let total = 0;
  let valueMs = 0;
  for (let index = histogram.firstIndex; index <= histogram.lastIndex; index += 1) {
    const count = histogram.counts[index] ?? 0;
    if (count === 0) continue;
    total += count;
    valueMs = highestUnitsAt(index) / UNITS_PER_MS;
    while ((100 * total) / histogram.count >= level) {
      yield { valueMs, percentile: level, total };
      level = nextLevel(level);
      if (total === histogram.count) break;
    }
  }
  yield { valueMs, percentile: 100, total };
}

function nextLevel(level: number): number {
  const halvings = Math.floor(Math.log2(100 / (100 - level))) + 1;
  return level + 100 / (TICKS_PER_HALF_DISTANCE * 2 ** halvings);
}

/** Mean and maximum are the exact ones. */
function footer(histogram: Histogram): string {
  const value = (valueMs: number): string => fixed(valueMs, 12, 3);
  const whole = (count: number): string => String(count).padStart(12);
  return (
    `#[Mean    = ${value(histogram.mean)}, StdDeviation   = ${value(histogram.standardDeviation)}]\n` +
    `#[Max     = ${value(histogram.max)}, Total count    = ${whole(histogram.count)}]\n` +
    `#[Buckets = ${whole(BUCKET_COUNT)}, SubBuckets     = ${whole(SUB_BUCKET_COUNT)}]\n`
  );
}

/** Intl rounds decimal halves as hdr-histogram-js does; `toFixed` sees the binary value and would differ in the last digit. */
const FORMATS = new Map(
  [2, 3, 12].map((digits) => [
    digits,
    new Intl.NumberFormat('en-US', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: false,
    }),
  ]),
);

function fixed(value: number, width: number, digits: 2 | 3 | 12): string {
  return (FORMATS.get(digits)?.format(value) ?? '').padStart(width);
}
