import { WsgError } from '../../core/error.js';
import { readOutline } from '../../run-file/index.js';
import type { RunHeader } from '../../run-file/records.js';
import type { Gate, LeftOut, Unit } from '../compare/comparison.js';
import { defaultGates } from '../compare/gates/default-gates.js';
import { differencesOf } from '../compare/differences.js';
import { figureOf, unitOf } from '../compare/seconds/figure.js';
import { loadRun, type LoadedRun } from '../compare/seconds/loaded-run.js';
import { aggregateName } from '../compare/gates/parse-gate.js';
import { seedOf } from '../../core/seeded-random.js';
import { findChangePoints } from './e-divisive.js';

/** Share of the progress for reading outlines, which take a tenth of the time. */
const HEADERS_SHARE = 0.1;

/** With fewer runs, no order of them is rare enough to be significant. */
export const LEAST_TREND_RUNS = 10;

/** A run of a series. */
export interface TrendRun {
  readonly path: string;
  readonly startedAt: string;
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A lasting change of the level of a figure. */
export interface TrendStep {
  /** The first run after the step, and its place in the series. */
  readonly run: TrendRun;
  readonly index: number;
  /** Medians of the runs up to the neighbouring steps, in the figure's unit. */
  readonly before: number;
  readonly after: number;
  /** .1 is 10 % more. */
  readonly change: number;
  readonly isWorse: boolean;
  readonly pValue: number;
}

/** One figure over a series of runs. */
export interface TrendFigure {
  /** `ws_rtt p(99)`. */
  readonly figure: string;
  readonly unit: Unit;
  /** One value per run of the series; null if the run has none. */
  readonly values: readonly (number | null)[];
  readonly steps: readonly TrendStep[];
}

/** The trend of a series of runs. */
export interface Trend {
  readonly runs: readonly TrendRun[];
  readonly leftOut: readonly LeftOut[];
  readonly figures: readonly TrendFigure[];
  /** Warnings, such as too few runs, as sentences. */
  readonly warnings: readonly string[];
}

export interface TrendOptions {
  /** Gates whose figures are evaluated; if empty, the default ones of the newest run's scenario. */
  readonly gates: readonly Gate[];
  /** Smaller changes are not reported as steps: .05 is 5 %. */
  readonly leastChange: number;
  /** Keys of differences to ignore. */
  readonly allowed: readonly string[];
  /** Receives the share that has been read, 0 to 1. */
  readonly read?: (share: number) => void;
}

/**
 * Finds the steps in a series of runs, ordered by start time. Runs of another kind than the newest
 * one are left out. Throws the errors of `readRun`, and `usage` without runs.
 */
export async function trendOfRuns(paths: readonly string[], options: TrendOptions): Promise<Trend> {
  const { headers, unreadable } = await readHeaders(paths, options);
  const newest = headers.at(-1);
  if (newest === undefined) throw new WsgError('usage', 'A trend needs runs: give a folder, files or a baseline.');
  const gates = (options.gates.length > 0 ? options.gates : defaultGates(newest.header, 0.1)).filter(
    ({ limit }) => limit === undefined,
  );
  const { kept, leftOut } = choose(headers, newest.header, options.allowed);
  const columns: (number | null)[][] = gates.map(() => []);
  let last: LoadedRun | undefined;
  for (const { path } of kept) {
    // Runs are loaded one after the other, so that only their figures stay in memory.
    last = await loadRun(path, { gates, warmupMs: undefined });
    for (const [index, gate] of gates.entries()) columns[index]?.push(figureOf(gate, last).value);
    options.read?.(HEADERS_SHARE + (1 - HEADERS_SHARE) * ((columns[0]?.length ?? 0) / kept.length));
  }
  const runs = kept.map(({ path, header }) => ({
    path,
    startedAt: header.startedAt,
    version: header.version,
    labels: header.labels ?? {},
  }));
  const figures = gates.map((gate, index): TrendFigure => {
    const values = columns[index] ?? [];
    const unit = last === undefined ? '' : unitOf(gate, last);
    return {
      figure: `${gate.series} ${aggregateName(gate.aggregate)}`,
      unit,
      values,
      steps: stepsOf(gate, values, runs, options.leastChange),
    };
  });
  const isFew = runs.length < LEAST_TREND_RUNS;
  const warnings = isFew
    ? [`${runs.length} runs are too few to detect a step: at least ${LEAST_TREND_RUNS} are needed`]
    : [];
  return { runs, leftOut: [...unreadable, ...leftOut], figures, warnings };
}

interface Dated {
  readonly path: string;
  readonly header: RunHeader;
  readonly isSaturated: boolean;
}

/**
 * A file that is not a run is reported, and does not hide the trend of the others. If none can be
 * read, throws the error of the first.
 */
async function readHeaders(
  paths: readonly string[],
  { read }: TrendOptions,
): Promise<{ readonly headers: readonly Dated[]; readonly unreadable: readonly LeftOut[] }> {
  const headers: Dated[] = [];
  const unreadable: LeftOut[] = [];
  let first: WsgError | undefined;
  for (const [index, path] of paths.entries()) {
    try {
      const { header, end } = await readOutline(path);
      headers.push({ path, header, isSaturated: end.health.verdict === 'saturated' });
    } catch (error) {
      if (!(error instanceof WsgError)) throw error;
      first ??= error;
      unreadable.push({ path, reason: error.message.replace(/\.$/, '') });
    }
    read?.(HEADERS_SHARE * ((index + 1) / paths.length));
  }
  if (headers.length === 0 && first !== undefined) throw first;
  return { headers: headers.toSorted(byStart), unreadable };
}

function byStart(one: Dated, other: Dated): number {
  const [a, b] = [one, other].map(({ header, path }) => `${header.startedAt} ${path}`);
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

/**
 * Leaves out runs of another kind than the newest one, and runs whose generator was the bottleneck.
 */
function choose(
  all: readonly Dated[],
  newest: RunHeader,
  allowed: readonly string[],
): { readonly kept: readonly Dated[]; readonly leftOut: readonly LeftOut[] } {
  const judged = all.map((dated) => ({ dated, reason: reasonAgainst(dated, newest, allowed) }));
  return {
    kept: judged.flatMap(({ dated, reason }) => (reason === undefined ? [dated] : [])),
    leftOut: judged.flatMap(({ dated, reason }) => (reason === undefined ? [] : [{ path: dated.path, reason }])),
  };
}

function reasonAgainst(
  { header, isSaturated }: Dated,
  newest: RunHeader,
  allowed: readonly string[],
): string | undefined {
  if (isSaturated) return 'its generator was the bottleneck';
  const keys = differencesOf([newest], [header], { allowed, required: [] })
    .filter(({ consequence }) => consequence === 'invalid')
    .map(({ key }) => key);
  return keys.length === 0 ? undefined : `it differs from the newest run in ${keys.join(', ')}`;
}

function stepsOf(
  gate: Gate,
  values: readonly (number | null)[],
  runs: readonly TrendRun[],
  leastChange: number,
): readonly TrendStep[] {
  const known = values.flatMap((value, index) => (value === null || value <= 0 ? [] : [{ value, index }]));
  if (known.length < LEAST_TREND_RUNS) return [];
  const logs = known.map(({ value }) => Math.log(value));
  const points = findChangePoints(logs, seedOf(known.map(({ value }) => String(value))));
  const bounds = [0, ...points.map(({ index }) => index), known.length];
  return points.flatMap(({ index, pValue }, at): TrendStep[] => {
    const level = (segment: number): number =>
      median(known.slice(bounds[segment], bounds[segment + 1]).map(({ value }) => value));
    const [before, after] = [level(at), level(at + 1)];
    const change = after / before - 1;
    const place = known[index]?.index ?? 0;
    const run = runs[place];
    if (run === undefined || Math.abs(change) < leastChange) return [];
    const isWorse = gate.worse === 'up' ? change > 0 : change < 0;
    return [{ run, index: place, before, after, change, isWorse, pValue }];
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
