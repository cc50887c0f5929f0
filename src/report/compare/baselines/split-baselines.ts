import type { Gate, LeftOut } from '../comparison.js';
import { figureOf } from '../seconds/figure.js';
import type { LoadedRun, Sides } from '../seconds/loaded-run.js';
import { aggregateName } from '../gates/parse-gate.js';

/** Default number of first runs that are the anchor of a baseline. */
export const DEFAULT_ANCHOR = 5;
/** Outliers cannot be detected among fewer baselines. */
const LEAST_RUNS = 3;
/** Outliers are left out only if at least this many baselines remain. */
const LEAST_LEFT = 2;
/** Least assumed standard deviation between baselines, however well they agree. */
const LEAST_SPREAD = 0.03;
/** Number of assumed standard deviations beyond which a value is an outlier. */
const LEAST_FACTOR = 8;
const LEAST_DEVIATION = Math.log1p(0.1);
/** From the median absolute deviation to the standard deviation of a normal distribution. */
const TO_DEVIATION = 1.4826;
/** With at least this many newer runs, the anchor is not part of the rolling set. */
const LEAST_ROLLING = 10;
/**
 * This many newest runs in a row that deviate in the same direction are a new level, and not
 * outliers.
 */
const LEAST_LEVEL = 3;

/** Baselines by purpose. */
export interface SplitBaselines {
  /** Baselines that the new runs are compared with. */
  readonly rolling: readonly LoadedRun[];
  /**
   * The first baselines, against which a gradual change is visible; empty if there are no newer
   * ones.
   */
  readonly anchor: readonly LoadedRun[];
  /** Runs that deviate from the rest, and how. */
  readonly outliers: readonly LeftOut[];
  /** Remarks about the rolling set, as sentences. */
  readonly notes: readonly string[];
}

/** Splits the baselines of a comparison, which are ordered by start time. */
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

/** The first gated figure in which a run deviates from the other baselines. */
interface Apart {
  readonly figure: string;
  /** Relative to the median of all baselines. */
  readonly change: number;
}

/** Finds the runs with an outlier in a gated figure. */
function outliersOf(base: readonly LoadedRun[], gates: readonly Gate[]): ReadonlyMap<LoadedRun, Apart> {
  const found = new Map<LoadedRun, Apart>();
  if (base.length < LEAST_RUNS) return found;
  for (const gate of gates.filter(({ budget }) => budget !== undefined)) {
    const figures = base.map((run) => figureOf(gate, run));
    // Shares are near 1 or 0, and their variance is mostly that of counting.
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
 * Finds the newest runs that deviate together in one direction: the level of the code since some
 * commit. If they were left out as outliers, a later change would be judged by an outdated level.
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
  return `the newest ${level.length} baselines are at a new level, and the new run is compared with these alone${how}`;
}

function reasonOf(apart: Apart | undefined): string {
  return `it is an outlier: ${howFar(apart)}`;
}

function howFar(apart: Apart | undefined): string {
  const { figure = '', change = 0 } = apart ?? {};
  return `${figure} is ${Math.abs(change * 100).toFixed(0)}% ${change > 0 ? 'above' : 'below'} the median of the baselines`;
}

/**
 * Indices of the outliers, by the median and the median absolute deviation: values that one set of
 * a hundred has under a normal distribution.
 */
export function outlying(values: readonly number[]): readonly number[] {
  const middle = median(values);
  const deviations = values.map((value) => Math.abs(value - middle));
  const spread = Math.max(LEAST_SPREAD, TO_DEVIATION * median(deviations));
  // From simulations: the deviation of a few values is often small by chance. Baselines that agree
  // within 3 % do not do so by chance.
  const bound = Math.max(LEAST_DEVIATION, spread * farthest(values.length, spread === LEAST_SPREAD));
  return deviations.flatMap((deviation, place) => (deviation > bound ? [place] : []));
}

/**
 * Number of deviations from the median within which the values of a set of this size lie by chance.
 */
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
