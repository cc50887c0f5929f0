import { readRun } from '../../run-file/index.js';
import type { Run } from '../../run-file/records.js';
import { SecondCounts } from './second-counts.js';

const SECOND_MS = 1000;

/** A run as far as a comparison looks at it. */
export interface LoadedRun {
  readonly path: string;
  readonly run: Run;
  /** Of the wanted trends. */
  readonly counts: ReadonlyMap<string, SecondCounts>;
  /** The seconds that are looked at: from behind the warm-up to before the last one, which is cut. */
  readonly from: number;
  readonly to: number;
}

export interface LoadWish {
  /** Trends whose seconds are wanted. */
  readonly series: readonly string[];
  /** Instead of what the run says. */
  readonly warmupMs: number | undefined;
}

/** Reads a run file. Throws what `readRun` throws. */
export async function loadRun(path: string, { series, warmupMs }: LoadWish): Promise<LoadedRun> {
  const counts = new Map<string, SecondCounts>(series.map((name) => [name, new SecondCounts()]));
  const run = await readRun(path, {
    histograms: { series, visitSparse: (record) => counts.get(record.series)?.add(record.second, record.sparse) },
  });
  const from = Math.ceil((warmupMs ?? run.header.warmupMs) / SECOND_MS);
  // Behind the planned duration the last iterations end: a second of that is no second of the load.
  const endMs = Math.min(run.end.totals.durationMs, run.header.durationMs + 100);
  const to = Math.max(from, Math.floor(endMs / SECOND_MS));
  return { path, run, counts, from, to: Math.min(to, run.seconds.length) };
}
