import { decodeHistogramInto } from '../../core/histogram-codec.js';
import { Histogram } from '../../core/histogram.js';
import { readOutline, readRun } from '../../run-file/index.js';
import type { Run, SecondRecord } from '../../run-file/records.js';
import type { Gate } from './comparison.js';
import { QuantileGrid } from './quantile-grid.js';
import { SecondCounts } from './second-counts.js';
import { seedOf } from './seeded-draws.js';

const SECOND_MS = 1000;

/** A run as far as a comparison looks at it. */
export interface LoadedRun {
  readonly path: string;
  /** Equal for two files that hold the same run. */
  readonly identity: string;
  /** Of its seconds only what the gates look at. */
  readonly run: Run;
  /** Of the wanted trends of times: response times, and where the run has them, service times. */
  readonly counts: ReadonlyMap<string, SecondCounts>;
  readonly service: ReadonlyMap<string, SecondCounts>;
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

/** Series of which every comparison sees the seconds: silence is looked for in what arrives, against how many virtual users there were. */
const WATCHED = ['ws_msgs_received', 'vus'] as const;
const KINDS = ['response', 'service'] as const;
type Kind = (typeof KINDS)[number];
/** Seconds that were counted, by kind and series. */
type KindCounts = Readonly<Record<Kind, Map<string, SecondCounts>>>;

/**
 * Reads a run file; what of it stays in memory are a few kilobytes a second at most. Edges for quantiles come from the run's totals, so one reading is enough, but
 * where the warm-up or the end were so different that they lie elsewhere. Throws what `readRun` throws.
 */
export async function loadRun(path: string, { gates, warmupMs }: LoadWish): Promise<LoadedRun> {
  const outline = await readOutline(path);
  const names = [...new Set(gates.map(({ series }) => series))];
  const counts: KindCounts = { response: new Map(), service: new Map() };
  for (const series of names) {
    const totals = outline.end.totals.trends[series]?.histograms;
    for (const kind of KINDS) {
      const total = totals?.[kind];
      const quantiles = quantilesOf(gates, series);
      if (total === undefined || (kind === 'service' && quantiles.length === 0)) continue;
      counts[kind].set(series, new SecondCounts(new QuantileGrid(total.counts, quantiles)));
    }
  }
  const picked = [...new Set([...names, ...WATCHED])];
  const run = await readRun(path, { seconds: (second) => pickSeries(second, picked), histograms: countInto(counts) });
  const window = windowOf(run, warmupMs);
  await recount(path, counts, window, gates);
  return { path, identity: identityOf(run), run, counts: counts.response, service: counts.service, ...window };
}

/** The same for two files that hold the same run, and for no others. */
export function identityOf({ header, end }: Pick<Run, 'header' | 'end'>): string {
  const { durationMs, counters, rates } = end.totals;
  const times = Object.entries(end.totals.trends).map(([series, { count, sum }]) => [series, count, sum]);
  return seedOf([JSON.stringify([header, durationMs, counters, rates, times])]).toString(16);
}

type Window = Pick<LoadedRun, 'from' | 'to'>;

function windowOf({ header, end, seconds }: Run, warmupMs: number | undefined): Window {
  const from = Math.ceil((warmupMs ?? header.warmupMs) / SECOND_MS);
  // Behind the planned duration the last iterations end: a second of that is no second of the load.
  const endMs = Math.min(end.totals.durationMs, header.durationMs + 100);
  const to = Math.max(from, Math.floor(endMs / SECOND_MS));
  return { from, to: Math.min(to, seconds.length) };
}

function quantilesOf(gates: LoadWish['gates'], series: string): readonly number[] {
  const own = gates.flatMap((gate) =>
    gate.series === series && gate.aggregate.type === 'quantile' ? [gate.aggregate.quantile] : [],
  );
  return [...new Set(own)];
}

function countInto(counts: KindCounts): NonNullable<Parameters<typeof readRun>[1]>['histograms'] {
  return {
    series: [...new Set([...counts.response.keys(), ...counts.service.keys()])],
    kinds: counts.service.size > 0 ? KINDS : ['response'],
    visitEncoded: ({ series, kind, second, bytes }) => {
      if (kind !== 'lag') counts[kind].get(series)?.add(second, bytes);
    },
  };
}

/** Counts series anew whose quantiles lie elsewhere in these seconds than in the whole run, at edges for these seconds alone. */
async function recount(
  path: string,
  counts: KindCounts,
  { from, to }: Window,
  gates: LoadWish['gates'],
): Promise<void> {
  const thin: KindCounts = { response: new Map(), service: new Map() };
  const totals = { response: new Map<string, Histogram>(), service: new Map<string, Histogram>() };
  for (const kind of KINDS) {
    for (const [series, one] of counts[kind]) if (!one.isDense(from, to)) totals[kind].set(series, new Histogram());
  }
  if (totals.response.size + totals.service.size === 0) return;
  const series = [...new Set([...totals.response.keys(), ...totals.service.keys()])];
  await readRun(path, {
    seconds: false,
    histograms: {
      series,
      kinds: KINDS,
      visitEncoded: ({ series: name, kind, second, bytes }) => {
        const total = kind === 'lag' ? undefined : totals[kind].get(name);
        if (total !== undefined && second >= from && second < to) decodeHistogramInto(bytes, total);
      },
    },
  });
  for (const kind of KINDS) {
    for (const [name, total] of totals[kind])
      thin[kind].set(name, new SecondCounts(new QuantileGrid(total.counts, quantilesOf(gates, name))));
  }
  await readRun(path, { seconds: false, histograms: countInto(thin) });
  for (const kind of KINDS) for (const [name, one] of thin[kind]) counts[kind].set(name, one);
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
