import { toHdrBase64 } from '../../core/hdr-export.js';
import { readRun } from '../../run-file/index.js';

/** Values are in units of 100 ns; of the column of maxima HistogramLogProcessor and others want milliseconds. */
const HEAD = [
  '#[Histogram log format version 1.3]',
  '#[Values are in units of 100 ns; Interval_Max is in ms; tags are series]',
] as const;

/**
 * The seconds of a run's times as HdrHistogram's log (`.hlog`, format 1.3): one line a second and series, tagged with the series; a comma in
 * its name is a semicolon, for the format knows no escape. Throws what `readRun` throws.
 */
export async function exportHlog(path: string, isWanted: (series: string) => boolean): Promise<string> {
  const { header } = await readRun(path, { seconds: false });
  const startS = Date.parse(header.startedAt) / 1000;
  const lines: string[] = [];
  await readRun(path, {
    histograms: {
      visit: ({ series, second, histogram }) => {
        if (!isWanted(series) || histogram.count === 0) return;
        const tag = `Tag=${series.replaceAll(/[,\s]/g, ';')}`;
        const bounds = [second.toFixed(3), '1.000', histogram.max.toFixed(3)];
        lines.push([tag, ...bounds, toHdrBase64(histogram)].join(','));
      },
    },
  });
  const start = `#[StartTime: ${startS.toFixed(3)} (seconds since epoch), ${header.startedAt}]`;
  const columns = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"';
  return `${[...HEAD, start, columns, ...lines].join('\n')}\n`;
}
