import type { Figure } from './figure.js';
import type { Resampled } from './second-counts.js';

const PARTS = 8;
const LEAST_SECONDS = 3 * PARTS;
/**
 * The least Kendall score S of the 28 pairs of parts; 0.6 % of shuffled runs reach it. Parts are
 * less correlated than seconds: test/report/compare/seconds/find-drift.test.ts measures the false
 * alarms.
 */
const LEAST_SCORE = 22;
/** A smaller drift does not matter compared with usual budgets. */
const LEAST_CHANGE = Math.log1p(0.1);

/**
 * The drift of a figure within a run, from its first quarter to its last: .1 is 10 % up. Undefined
 * without a drift.
 */
export function driftOf(run: Resampled): number | undefined {
  const { seconds } = run;
  if (seconds < LEAST_SECONDS) return undefined;
  const length = Math.floor(seconds / PARTS);
  const figure = (from: number, parts: number): number =>
    run.logFigure({ starts: Int32Array.of(from * length), length: parts * length });
  const parts = Array.from({ length: PARTS }, (_, part) => figure(part, 1));
  const change = figure(PARTS - 2, 2) - figure(0, 2);
  if (!(Math.abs(change) >= LEAST_CHANGE)) return undefined;
  return Math.abs(kendallScore(parts)) >= LEAST_SCORE ? Math.expm1(change) : undefined;
}

/** Warnings about runs that were not in a steady state while they were measured. */
export function driftsOf(side: 'base' | 'new', figures: readonly Figure[]): readonly string[] {
  const drifts = figures.flatMap(({ resampled }) => (resampled && driftOf(resampled)) ?? []);
  const [first] = drifts;
  if (first === undefined) return [];
  const where = figures.length === 1 ? `the ${side} run` : `${drifts.length} of ${figures.length} ${side} runs`;
  const way = first > 0 ? 'rises' : 'falls';
  const percent = (Math.abs(first) * 100).toFixed(0);
  return [
    `drift: it ${way} throughout ${where}, by ${percent} % (exclude a warm-up with --warmup; otherwise look for a leak or a growing queue)`,
  ];
}

function kendallScore(values: readonly number[]): number {
  return values.reduce(
    (sum, later, at) => sum + values.slice(0, at).reduce((score, earlier) => score + Math.sign(later - earlier), 0),
    0,
  );
}
