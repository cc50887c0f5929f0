import { toHdrBase64 } from '../../core/histogram/hdr-export.js';
import { readHeader, readRun } from '../../run-file/index.js';
import type { SecondRecord } from '../../run-file/records.js';

/**
 * Values are in units of 100 ns, except for the column of maxima: HistogramLogProcessor and other
 * tools expect milliseconds there.
 */
const HEAD = [
  '#[Histogram log format version 1.3]',
  '#[Values are in units of 100 ns; Interval_Max is in ms; tags are series]',
] as const;
const COLUMNS = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"';

/** Options of the export. */
interface HlogOptions {
  readonly isWanted: (series: string) => boolean;
  /** Receives the share that is done, 0 to 1. */
  readonly progress?: (share: number) => void;
}

/** One second of a series. */
interface Interval {
  readonly second: number;
  readonly tag: string;
  readonly maxMs: number;
  readonly encoded: string;
}

/**
 * Exports the times of a run, second by second, as HdrHistogram's log (`.hlog`, format 1.3). It has
 * one line per second and series, tagged with the series; a comma in its name becomes a semicolon,
 * since the format has no escape. Throws the errors of `readRun`.
 */
export async function exportHlog(path: string, { isWanted, progress }: HlogOptions): Promise<string> {
  const intervals: Interval[] = [];
  const header = await readHeader(path);
  const run = await readRun(path, {
    histograms: {
      visit: ({ series, second, histogram }) => {
        progress?.((second * 1000) / header.durationMs);
        if (!isWanted(series) || histogram.count === 0) return;
        const tag = series.replaceAll(/[,\s]/g, ';');
        intervals.push({ second, tag, maxMs: histogram.max, encoded: toHdrBase64(histogram) });
      },
    },
  });
  const startS = Date.parse(header.startedAt) / 1000;
  const start = `#[StartTime: ${startS.toFixed(3)} (seconds since epoch), ${header.startedAt}]`;
  const bounds = boundsOf(run.seconds);
  const lines = intervals.map(({ second, tag, maxMs, encoded }) =>
    [`Tag=${tag}`, ...(bounds[second] ?? []), maxMs.toFixed(3), encoded].join(','),
  );
  return `${[...HEAD, start, COLUMNS, ...lines].join('\n')}\n`;
}

/** The start and the length of each second, in seconds; the last one of a run is shorter. */
function boundsOf(seconds: readonly SecondRecord[]): readonly (readonly string[])[] {
  return seconds.map(({ elapsedMs }, at) => {
    const beganMs = seconds[at - 1]?.elapsedMs ?? 0;
    return [beganMs, elapsedMs - beganMs].map((ms) => (ms / 1000).toFixed(3));
  });
}
