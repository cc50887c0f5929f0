import { readRun } from '../../run-file/index.js';
import type { Run } from '../../run-file/records.js';
import { openMetricsText } from '../../summary/index.js';
import { renderSpectra } from '../../summary/sections/spectrum.js';
import { exportHlog } from './hlog.js';
import { exportSecondsCsv } from './seconds-csv.js';

export const EXPORT_FORMATS = ['hgrm', 'hlog', 'csv', 'openmetrics'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * Exports a run to a format of other tools, with these series only; all if none is given. Throws
 * the errors of `readRun`.
 */
export async function exportRun(
  path: string,
  format: ExportFormat,
  series: readonly string[],
  progress?: (share: number) => void,
): Promise<string> {
  const isWanted = (name: string): boolean => series.length === 0 || series.includes(name);
  switch (format) {
    case 'hlog':
      return exportHlog(path, { isWanted, ...(progress && { progress }) });
    case 'csv':
      return exportSecondsCsv(path, isWanted);
    case 'hgrm':
      return renderSpectra(only(await readRun(path, { seconds: false }), isWanted));
    case 'openmetrics': {
      const { header, end } = only(await readRun(path, { seconds: false }), isWanted);
      return openMetricsText({ header, totals: end.totals });
    }
  }
}

/** The names of all series of a run that a format can represent. Throws the errors of `readRun`. */
export async function seriesOfRun(path: string, format: ExportFormat): Promise<readonly string[]> {
  const { end } = await readRun(path, { seconds: false });
  const { counters, gauges, rates, trends } = end.totals;
  if (format === 'hgrm' || format === 'hlog') {
    const times = Object.entries(trends).filter(([, { sketch }]) => sketch === undefined);
    return times.map(([name]) => name).toSorted();
  }
  return [counters, gauges, rates, trends].flatMap((kind) => Object.keys(kind)).toSorted();
}

function only(run: Run, isWanted: (series: string) => boolean): Run {
  const keep = <Value>(values: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
    Object.fromEntries(Object.entries(values).filter(([name]) => isWanted(name)));
  const { totals } = run.end;
  const { counters, gauges, rates, trends } = totals;
  const kept = { counters: keep(counters), gauges: keep(gauges), rates: keep(rates), trends: keep(trends) };
  return { ...run, end: { ...run.end, totals: { ...totals, ...kept } } };
}
