import { decodeHistogramInto } from '../../core/histogram-codec.js';
import { Histogram } from '../../core/histogram.js';
import { readOutline, readRun } from '../../run-file/index.js';
import type { Run, SecondRecord } from '../../run-file/records.js';
import type { Gate } from './comparison.js';
import { QuantileGrid } from './quantile-grid.js';
import { SecondCounts } from './second-counts.js';

const SECOND_MS = 1000;

/** A run as far as a comparison looks at it. */
export interface LoadedRun {
  readonly path: string;
  /** Of its seconds only what the gates look at. */
  readonly run: Run;
  /** Of the wanted trends of times. */
  readonly counts: ReadonlyMap<string, SecondCounts>;
  /** The seconds that are looked at: from behind the warm-up to before the last one, which is cut. */
  readonly from: number;
  readonly to: number;
}

export interface LoadWish {
  /** What is looked at; other series and quantiles are not there afterwards. */
  readonly gates: readonly Pick<Gate, 'series' | 'aggregate'>[];
  /** Instead of what the run says. */
  readonly warmupMs: number | undefined;
}

/**
 * Reads a run file; what of it stays in memory are a few kilobytes a second at most. Edges for quantiles come from the run's totals, so one reading is enough, but
 * where the warm-up or the end were so different that they lie elsewhere. Throws what `readRun` throws.
 */
export async function loadRun(path: string, { gates, warmupMs }: LoadWish): Promise<LoadedRun> {
  const outline = await readOutline(path);
  const names = [...new Set(gates.map(({ series }) => series))];
  const counts = new Map(
    names.flatMap((series): [string, SecondCounts][] => {
      const total = outline.end.totals.trends[series]?.histograms.response;
      return total === undefined ? [] : [[series, countsFor(total, series, gates)]];
    }),
  );
  const run = await readRun(path, { seconds: (second) => pickSeries(second, names), histograms: countInto(counts) });
  const window = windowOf(run, warmupMs);
  const thin = [...counts].filter(([, one]) => !one.isDense(window.from, window.to)).map(([series]) => series);
  for (const [series, own] of await recount(path, thin, window, gates)) counts.set(series, own);
  return { path, run, counts, ...window };
}

type Window = Pick<LoadedRun, 'from' | 'to'>;

function windowOf({ header, end, seconds }: Run, warmupMs: number | undefined): Window {
  const from = Math.ceil((warmupMs ?? header.warmupMs) / SECOND_MS);
  // Behind the planned duration the last iterations end: a second of that is no second of the load.
  const endMs = Math.min(end.totals.durationMs, header.durationMs + 100);
  const to = Math.max(from, Math.floor(endMs / SECOND_MS));
  return { from, to: Math.min(to, seconds.length) };
}

function countsFor(expected: Histogram, series: string, gates: LoadWish['gates']): SecondCounts {
  const quantiles = gates.flatMap((gate) =>
    gate.series === series && gate.aggregate.type === 'quantile' ? [gate.aggregate.quantile] : [],
  );
  return new SecondCounts(new QuantileGrid(expected.counts, [...new Set(quantiles)]));
}

function countInto(
  counts: ReadonlyMap<string, SecondCounts>,
): NonNullable<Parameters<typeof readRun>[1]>['histograms'] {
  return {
    series: [...counts.keys()],
    visitEncoded: ({ series, second, bytes }) => counts.get(series)?.add(second, bytes),
  };
}

/** Counts series anew at edges for these seconds alone. */
async function recount(
  path: string,
  names: readonly string[],
  { from, to }: Window,
  gates: LoadWish['gates'],
): Promise<ReadonlyMap<string, SecondCounts>> {
  if (names.length === 0) return new Map();
  const totals = new Map(names.map((series) => [series, new Histogram()]));
  await readRun(path, {
    seconds: false,
    histograms: {
      series: names,
      visitEncoded: ({ series, second, bytes }) => {
        const total = totals.get(series);
        if (total !== undefined && second >= from && second < to) decodeHistogramInto(bytes, total);
      },
    },
  });
  const counts = new Map([...totals].map(([series, total]) => [series, countsFor(total, series, gates)]));
  await readRun(path, { seconds: false, histograms: countInto(counts) });
  return counts;
}

/** Of an hour with dozens of series most of the memory would be what no gate looks at. */
function pickSeries(second: SecondRecord, names: readonly string[]): SecondRecord {
  return {
    second: second.second,
    elapsedMs: second.elapsedMs,
    counters: pick(second.counters, names),
    gauges: pick(second.gauges, names),
    rates: pick(second.rates, names),
    trends: pick(second.trends, names),
    checks: [],
  };
}

function pick<T>(from: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  const picked: Record<string, T> = {};
  for (const name of names) {
    const value = from[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
