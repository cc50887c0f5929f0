import { readRun } from '../../run-file/index.js';
import { decodeSparse, quantilesOf } from '../../core/histogram/histogram-codec.js';
import type { Run, SecondRecord } from '../../run-file/records.js';

const QUANTILES = [0.5, 0.9, 0.95, 0.99] as const;
const QUANTILE_NAMES = ['p50', 'p90', 'p95', 'p99'] as const;

/** A column of the table: its name, and its value in a second. */
interface Column {
  readonly name: string;
  readonly value: (second: SecondRecord) => number | string | undefined;
}

/**
 * Exports the seconds of a run as CSV (RFC 4180), one row each: counts, times in milliseconds, and
 * the health of the generator. Throws the errors of `readRun`.
 */
export async function exportSecondsCsv(path: string, isWanted: (series: string) => boolean): Promise<string> {
  const quantiles = new Map<string, number[][]>();
  const run = await readRun(path, {
    histograms: {
      visitEncoded: ({ series, second, bytes }) => {
        if (!isWanted(series)) return;
        const seconds = quantiles.get(series) ?? [];
        quantiles.set(series, seconds);
        seconds[second] = quantilesOf(decodeSparse(bytes), QUANTILES);
      },
    },
  });
  const columns = [...timeColumns(), ...seriesColumns(run, quantiles, isWanted), ...healthColumns(run)];
  const rows = run.seconds.map((second) => columns.map(({ value }) => String(value(second) ?? '')));
  return [columns.map(({ name }) => name), ...rows].map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
}

function timeColumns(): Column[] {
  return [
    { name: 'second', value: ({ second }) => second },
    { name: 'elapsed_ms', value: ({ elapsedMs }) => rounded(elapsedMs) },
  ];
}

function seriesColumns(
  { seconds }: Run,
  quantiles: ReadonlyMap<string, readonly (readonly number[])[]>,
  isWanted: (series: string) => boolean,
): Column[] {
  const names = (of: (second: SecondRecord) => Readonly<Record<string, unknown>>): string[] =>
    [...new Set(seconds.flatMap((second) => Object.keys(of(second))))].filter(isWanted).toSorted();
  return [
    ...names(({ counters }) => counters).map((name) => ({
      name,
      value: ({ counters }: SecondRecord) => counters[name] ?? 0,
    })),
    ...names(({ gauges }) => gauges).map((name) => ({
      name,
      value: ({ gauges }: SecondRecord) => gauges[name]?.value,
    })),
    ...names(({ rates }) => rates).flatMap((name) => [
      { name: `${name} passes`, value: ({ rates }: SecondRecord) => rates[name]?.passes ?? 0 },
      { name: `${name} fails`, value: ({ rates }: SecondRecord) => rates[name]?.fails ?? 0 },
    ]),
    ...names(({ trends }) => trends).flatMap((name) => trendColumns(name, quantiles.get(name))),
  ];
}

function trendColumns(name: string, quantiles: readonly (readonly number[])[] | undefined): Column[] {
  const ofTrend = (key: 'count' | 'min' | 'max'): Column => ({
    name: `${name} ${key}`,
    value: ({ trends }) => {
      const value = trends[name]?.[key];
      return value === undefined ? undefined : rounded(value);
    },
  });
  const mean: Column = {
    name: `${name} mean`,
    value: ({ trends }) => {
      const trend = trends[name];
      return trend === undefined || trend.count === 0 ? undefined : rounded(trend.sum / trend.count);
    },
  };
  const percentiles = QUANTILE_NAMES.map((percentile, at): Column => ({
    name: `${name} ${percentile}`,
    value: ({ second }) => quantiles?.[second]?.[at],
  }));
  return [ofTrend('count'), ofTrend('min'), mean, ...(quantiles === undefined ? [] : percentiles), ofTrend('max')];
}

function healthColumns({ health }: Run): Column[] {
  const bySecond = new Map(health.map((record) => [record.second, record]));
  return [
    { name: 'generator verdict', value: ({ second }) => bySecond.get(second)?.verdict },
    { name: 'generator event loop use', value: ({ second }) => roundedOrNone(bySecond.get(second)?.eventLoopUse) },
    { name: 'generator schedule lag p99', value: ({ second }) => roundedOrNone(bySecond.get(second)?.scheduleLag.p99) },
    { name: 'generator cpu cores', value: ({ second }) => roundedOrNone(bySecond.get(second)?.cpuProcess) },
    { name: 'generator memory bytes', value: ({ second }) => bySecond.get(second)?.rssBytes },
  ];
}

function roundedOrNone(value: number | undefined): number | undefined {
  return value === undefined ? undefined : rounded(value);
}

function rounded(value: number): number {
  return Number(value.toPrecision(7));
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
