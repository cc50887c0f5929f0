import { decodeHistogramInto } from '../../../core/histogram/histogram-codec.js';
import { Histogram } from '../../../core/histogram/histogram.js';
import { readOutline, readRun, type RunOutline } from '../../../run-file/index.js';
import type { Run } from '../../../run-file/records.js';
import type { Gate } from '../comparison.js';
import { QuantileGrid } from './quantile-grid.js';
import { SecondColumns } from './second-columns.js';
import { SecondCounts } from './second-counts.js';
import { seedOf } from '../../../core/seeded-random.js';

const SECOND_MS = 1000;

/** The parts of a run that a comparison needs. */
export interface LoadedRun {
  readonly path: string;
  /** Equal for two files that hold the same run. */
  readonly identity: string;
  readonly run: RunOutline & Pick<Run, 'events'>;
  /** The seconds of the series that gates refer to. */
  readonly seconds: SecondColumns;
  /** Response times of the gated trends, and service times if the run has them. */
  readonly counts: ReadonlyMap<string, SecondCounts>;
  readonly service: ReadonlyMap<string, SecondCounts>;
  /**
   * The evaluated seconds: from the end of the warm-up to before the last second, which is
   * incomplete.
   */
  readonly from: number;
  readonly to: number;
}

export interface LoadRunOptions {
  /** Gates that are evaluated; only their series and quantiles are loaded. */
  readonly gates: readonly Pick<Gate, 'series' | 'aggregate'>[];
  /** Replaces the warm-up that the run records. */
  readonly warmupMs: number | undefined;
}

/**
 * Series that every comparison loads: stalls are detected in received messages, relative to the
 * number of virtual users.
 */
const WATCHED = ['ws_msgs_received', 'vus'] as const;
const KINDS = ['response', 'service'] as const;
type Kind = (typeof KINDS)[number];
/** Counted seconds, by kind and series. */
type KindCounts = Readonly<Record<Kind, Map<string, SecondCounts>>>;

/**
 * Reads a run file. It takes a few kilobytes of memory per second at most. Edges for quantiles come
 * from the run's totals, so the file is read once, unless the warm-up or the end shift the
 * quantiles far from those edges. Throws the errors of `readRun`.
 */
export async function loadRun(path: string, { gates, warmupMs }: LoadRunOptions): Promise<LoadedRun> {
  const outline = await readOutline(path);
  const names = [...new Set(gates.map(({ series }) => series))];
  const slotSeconds = slotOf(outline.end.totals.durationMs);
  const counts: KindCounts = { response: new Map(), service: new Map() };
  for (const series of names) {
    const totals = outline.end.totals.trends[series]?.histograms;
    for (const kind of KINDS) {
      const total = totals?.[kind];
      const quantiles = quantilesOf(gates, series);
      if (total === undefined || (kind === 'service' && quantiles.length === 0)) continue;
      counts[kind].set(series, new SecondCounts(new QuantileGrid(total.counts, quantiles), { slotSeconds }));
    }
  }
  const seconds = new SecondColumns([...new Set([...names, ...WATCHED])]);
  const run = await readRun(path, {
    seconds: (second) => seconds.add(second),
    health: false,
    histograms: countInto(counts),
  });
  const window = windowOf(run, seconds.length, warmupMs);
  await recount(path, counts, { ...window, slotSeconds }, gates);
  return { path, identity: identityOf(run), run, seconds, counts: counts.response, service: counts.service, ...window };
}

/** An identity that is equal for two files of the same run, and for no others. */
export function identityOf({ header, end }: Pick<Run, 'header' | 'end'>): string {
  const { durationMs, counters, rates } = end.totals;
  const times = Object.entries(end.totals.trends).map(([series, { count, sum }]) => [series, count, sum]);
  return seedOf([JSON.stringify([header, durationMs, counters, rates, times])]).toString(16);
}

/**
 * Longer runs are grouped into this many slots of a few seconds. For a bootstrap with blocks of
 * minutes there is no difference, and a run of a day would take gigabytes otherwise.
 */
const MOST_SLOTS = 3600;

function slotOf(durationMs: number): number {
  return Math.max(1, Math.ceil(durationMs / SECOND_MS / MOST_SLOTS));
}

type Window = Pick<LoadedRun, 'from' | 'to'>;

function windowOf({ header, end }: Run, seconds: number, warmupMs: number | undefined): Window {
  const from = Math.ceil((warmupMs ?? header.warmupMs) / SECOND_MS);
  // After the planned duration the last iterations end, so these seconds do not have the full load.
  const endMs = Math.min(end.totals.durationMs, header.durationMs + 100);
  const to = Math.max(from, Math.floor(endMs / SECOND_MS));
  return { from, to: Math.min(to, seconds) };
}

function quantilesOf(gates: LoadRunOptions['gates'], series: string): readonly number[] {
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

/**
 * Counts series again whose quantiles in these seconds differ much from those of the whole run,
 * with edges for these seconds.
 */
async function recount(
  path: string,
  counts: KindCounts,
  { from, to, slotSeconds }: Window & { readonly slotSeconds: number },
  gates: LoadRunOptions['gates'],
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
      thin[kind].set(name, new SecondCounts(new QuantileGrid(total.counts, quantilesOf(gates, name)), { slotSeconds }));
  }
  await readRun(path, { seconds: false, histograms: countInto(thin) });
  for (const kind of KINDS) for (const [name, one] of thin[kind]) counts[kind].set(name, one);
}

/** The runs of both sides. */
export interface Sides {
  readonly base: readonly LoadedRun[];
  readonly next: readonly LoadedRun[];
  /**
   * Runs in their order, from whose neighbours the variance is estimated. A gradual change does not
   * inflate that, as it would inflate the deviation of all runs.
   */
  readonly neighbours?: readonly LoadedRun[];
}
