import type { Gate, LeftOut } from '../comparison.js';
import { figureOf } from '../seconds/figure.js';
import type { LoadedRun, Sides } from '../seconds/loaded-run.js';
import { aggregateName } from '../gates/parse-gate.js';

/** How many of the first runs of a baseline are its anchor unless told. */
export const DEFAULT_ANCHOR = 5;
/** Fewer baselines than these have nothing that could be outlying. */
const LEAST_RUNS = 3;
/** So many have to be left for outliers to be left out. */
const LEAST_LEFT = 2;
/**
 * Baselines differ by luck by as much as this, however well they agree, and what differs by less is
 * no outlier.
 */
const LEAST_SPREAD = 0.03;
/** Beside a spread that is taken for granted, so many of them are far. */
const LEAST_FACTOR = 8;
const LEAST_DEVIATION = Math.log1p(0.1);
/** From the median absolute deviation to the standard deviation of a normal distribution. */
const TO_DEVIATION = 1.4826;
/** With so many newer runs the anchor is no part of the rolling set. */
const LEAST_ROLLING = 10;
/**
 * As many of the newest runs in a row that stand apart on the same side are a new level, and not
 * bad luck.
 */
const LEAST_LEVEL = 3;

/** Baselines by what they are for. */
export interface SplitBaselines {
  /** What the new runs are compared with. */
  readonly rolling: readonly LoadedRun[];
  /**
   * The first ones, against which a creeping change shows; none where they are all that there is.
   */
  readonly anchor: readonly LoadedRun[];
  /** What stands apart from the rest, and why. */
  readonly outliers: readonly LeftOut[];
  /** What has to be said of the rolling set, in sentences. */
  readonly notes: readonly string[];
}

/** Splits the baselines of a comparison, which are in the order of their start. */
export function splitBaselines(
  { base }: Pick<Sides, 'base'>,
  gates: readonly Gate[],
  anchorRuns: number,
): SplitBaselines {
  const apart = outliersOf(base, gates);
  const level = newestLevel(base, apart);
  const outlying = new Set([...apart.keys()].filter((run) => !level.includes(run)));
  const hasEnough = base.length - outlying.size >= LEAST_LEFT;
  const kept = hasEnough ? base.filter((run) => !outlying.has(run)) : base;
  const outliers = hasEnough ? [...outlying].map((run) => ({ path: run.path, reason: reasonOf(apart.get(run)) })) : [];
  const hasAnchor = anchorRuns >= LEAST_RUNS && kept.length > anchorRuns;
  const anchor = hasAnchor ? kept.slice(0, anchorRuns) : [];
  if (level.length > 0) return { rolling: level, anchor, outliers, notes: [levelNote(level, apart)] };
  const rolling = hasAnchor && kept.length - anchorRuns >= LEAST_ROLLING ? kept.slice(anchorRuns) : kept;
  return { rolling, anchor, outliers, notes: [] };
}

/** How a run stands apart: the first gated figure of it that does. */
interface Apart {
  readonly figure: string;
  /** Relative, against the middle of all. */
  readonly change: number;
}

/** Runs of which a gated figure is outlying. */
function outliersOf(base: readonly LoadedRun[], gates: readonly Gate[]): ReadonlyMap<LoadedRun, Apart> {
  const found = new Map<LoadedRun, Apart>();
  if (base.length < LEAST_RUNS) return found;
  for (const gate of gates.filter(({ budget }) => budget !== undefined)) {
    const figures = base.map((run) => figureOf(gate, run));
    // Shares are near 1 or 0, and vary by chance more than by anything else.
    if (figures.some(({ value, counts }) => value === null || value <= 0 || counts === 'share')) continue;
    const logs = figures.map(({ value }) => Math.log(value ?? Number.NaN));
    outlying(logs).forEach((place) => {
      const run = base[place];
      if (run === undefined || found.has(run)) return;
      const change = Math.expm1((logs[place] ?? 0) - median(logs));
      found.set(run, { figure: `${gate.series} ${aggregateName(gate.aggregate)}`, change });
    });
  }
  return found;
}

/**
 * The newest runs, where they stand apart on one side together: what the code does since some
 * commit. Left out as outliers, a later change would be judged by how things were before.
 */
function newestLevel(base: readonly LoadedRun[], apart: ReadonlyMap<LoadedRun, Apart>): readonly LoadedRun[] {
  const ways = base.map((run) => Math.sign(apart.get(run)?.change ?? 0));
  const newest = ways.at(-1) ?? 0;
  if (newest === 0) return [];
  const before = ways.findLastIndex((way) => way !== newest);
  const level = base.slice(before + 1);
  return level.length >= LEAST_LEVEL ? level : [];
}

function levelNote(level: readonly LoadedRun[], apart: ReadonlyMap<LoadedRun, Apart>): string {
  const [first] = level;
  const how = first === undefined ? '' : `: ${howFar(apart.get(first))}`;
  return `the newest ${level.length} baselines are on a level of their own, and the new run is compared with these${how}`;
}

function reasonOf(apart: Apart | undefined): string {
  return `it is an outlier: ${howFar(apart)}`;
}

function howFar(apart: Apart | undefined): string {
  const { figure = '', change = 0 } = apart ?? {};
  return `${figure} is ${Math.abs(change * 100).toFixed(0)}% ${change > 0 ? 'above' : 'below'} the middle of the baselines`;
}

/**
 * The places of values beyond what a normal distribution has in one set of a hundred, by the median
 * and the median absolute deviation.
 */
export function outlying(values: readonly number[]): readonly number[] {
  const middle = median(values);
  const deviations = values.map((value) => Math.abs(value - middle));
  const spread = Math.max(LEAST_SPREAD, TO_DEVIATION * median(deviations));
  // Simulated: the spread of a few values is often small by luck. What baselines agree on within 3
  // % is no luck.
  const bound = Math.max(LEAST_DEVIATION, spread * farthest(values.length, spread === LEAST_SPREAD));
  return deviations.flatMap((deviation, place) => (deviation > bound ? [place] : []));
}

/** How many spreads away a value of a set of this size may lie by luck. */
function farthest(count: number, isLeast: boolean): number {
  if (count <= LEAST_RUNS) return isLeast ? 2 * LEAST_FACTOR : 60;
  if (isLeast) return LEAST_FACTOR;
  return count < 6 ? 19 : 4.2 + 45 / count;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
