import { toHdrBase64 } from '../../core/histogram/hdr-export.js';
import { readHeader, readRun } from '../../run-file/index.js';
import type { SecondRecord } from '../../run-file/records.js';

/**
 * Values are in units of 100 ns; in the column of maxima HistogramLogProcessor and others want
 * milliseconds.
 */
const HEAD = [
  '#[Histogram log format version 1.3]',
  '#[Values are in units of 100 ns; Interval_Max is in ms; tags are series]',
] as const;
const COLUMNS = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"';

/** What of a run goes into a log. */
interface LogWish {
  readonly isWanted: (series: string) => boolean;
  /** Hears how much has been done, 0 to 1. */
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
 * The seconds of a run's times as HdrHistogram's log (`.hlog`, format 1.3): one line a second and
 * series, tagged with the series; a comma in its name is a semicolon, for the format knows no
 * escape. Throws what `readRun` throws.
 */
export async function exportHlog(path: string, { isWanted, progress }: LogWish): Promise<string> {
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

/** When each second began and how long it was, in seconds: the last one of a run is shorter. */
function boundsOf(seconds: readonly SecondRecord[]): readonly (readonly string[])[] {
  return seconds.map(({ elapsedMs }, at) => {
    const beganMs = seconds[at - 1]?.elapsedMs ?? 0;
    return [beganMs, elapsedMs - beganMs].map((ms) => (ms / 1000).toFixed(3));
  });
}
