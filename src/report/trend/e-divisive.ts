import { SeededRandom } from '../../core/seeded-random.js';
import { autocorrelation, mean } from '../compare/evidence/statistics.js';

const PERMUTATIONS = 999;
/** Least number of values from which the level of a segment can be estimated. */
const LEAST_SEGMENT = 3;
/** Significance level of a step. */
const ALPHA = 0.01;

/** Upper bound of the assumed autocorrelation. */
const MOST_LIKENESS = 0.9;
/** Number of innovations before the first value. */
const BEFORE = 8;

/** A place where a series changes its level. */
export interface ChangePoint {
  /** Index of the first value after the change. */
  readonly index: number;
  /** Probability that chance alone gives a change of this size somewhere in the segment. */
  readonly pValue: number;
}

/**
 * Finds the places at which the level of a series changes, by E-divisive (Matteson and James, "A
 * Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data", JASA 2014), with
 * the permutation test of each segment seeded, so that the same series gives the same places.
 * Splits are searched in windows, too: in the whole series, a level that rises and falls again
 * cancels out (Fryzlewicz, "Wild Binary Segmentation", 2014).
 */
export function findChangePoints(values: readonly number[], seed: number): readonly ChangePoint[] {
  const found: ChangePoint[] = [];
  const search = (from: number, to: number): void => {
    const segment = values.slice(from, to);
    const best = bestOfWindows(segment);
    if (best === undefined) return;
    const pValue = chanceOf(segment, best, seed + from);
    if (pValue > ALPHA) return;
    found.push({ index: from + best.index, pValue });
    search(from, from + best.index);
    search(from + best.index, to);
  };
  search(0, values.length);
  return found.toSorted((one, other) => one.index - other.index);
}

/**
 * The share of random series without a step that have a split as good. If neighbouring runs are
 * correlated (a warm machine, a busy day), permutations of the values would have too much
 * variation. The innovations of a first-order autoregression are permuted instead, and the series
 * is rebuilt from them.
 */
function chanceOf(values: readonly number[], { index, energy }: Split, seed: number): number {
  const draws = new SeededRandom(seed);
  const rest = withoutSteps(values, [index]);
  const bounds = splitTwice(values, index);
  const correlation = Math.min(likeness(rest, 2), likeness(withoutSteps(values, bounds), bounds.length + 1));
  const order = correlation === 0 ? [...values] : innovations(rest, correlation);
  let asGood = 0;
  for (let turn = 0; turn < PERMUTATIONS; turn += 1) {
    shuffle(order, draws);
    const series = correlation === 0 ? order : autoregression(order, correlation);
    if ((bestOfWindows(series)?.energy ?? 0) >= energy * (1 - 1e-12)) asGood += 1;
  }
  return (asGood + 1) / (PERMUTATIONS + 1);
}

/**
 * Subtracts the level of each part from its values, since a step would look like autocorrelation.
 */
function withoutSteps(values: readonly number[], bounds: readonly number[]): readonly number[] {
  const starts = [0, ...bounds];
  return starts.flatMap((start, part) => {
    const own = values.slice(start, starts[part + 1]);
    const level = mean(own);
    return own.map((value) => value - level);
  });
}

/**
 * The places of the best split, and of the best ones on both of its sides: a level that returns has
 * two steps.
 */
function splitTwice(values: readonly number[], index: number): readonly number[] {
  const [before, after] = [bestSplit(values.slice(0, index)), bestSplit(values.slice(index))];
  return [
    ...(before === undefined ? [] : [before.index]),
    index,
    ...(after === undefined ? [] : [index + after.index]),
  ];
}

/**
 * The lag-1 autocorrelation, corrected for the bias from estimating the levels (Kendall 1954 has (1
 * + 3 rho) / n for one).
 */
function likeness(rest: readonly number[], levels: number): number {
  const count = rest.length;
  const seen = autocorrelation(rest);
  if (seen <= 0 || count <= 3 * levels) return 0;
  return Math.min(MOST_LIKENESS, (seen * count + levels) / (count - 3 * levels));
}

function innovations(rest: readonly number[], correlation: number): number[] {
  return rest.map((value, at) =>
    at === 0 ? value * Math.sqrt(1 - correlation ** 2) : value - correlation * (rest[at - 1] ?? 0),
  );
}

function autoregression(order: readonly number[], correlation: number): readonly number[] {
  // The last innovations stand in for those before the first value.
  let level = order.slice(-BEFORE).reduce((sum, innovation) => correlation * sum + innovation, 0);
  return order.map((innovation) => {
    level = correlation * level + innovation;
    return level;
  });
}

/** Shuffles in place (Fisher and Yates). */
function shuffle(values: number[], draws: SeededRandom): void {
  for (let last = values.length - 1; last > 0; last -= 1) {
    const other = draws.below(last + 1);
    [values[last], values[other]] = [values[other] ?? 0, values[last] ?? 0];
  }
}

const SHORTEST_WINDOW = 12;

/**
 * The best split of the whole, and of windows of half its length, a quarter and so on, each half
 * over the next.
 */
function bestOfWindows(values: readonly number[]): Split | undefined {
  let best = bestSplit(values);
  for (let length = Math.ceil(values.length / 2); length >= SHORTEST_WINDOW; length = Math.ceil(length / 2)) {
    const step = Math.ceil(length / 2);
    for (let from = 0; from + length <= values.length; from += step) {
      const split = bestSplit(values.slice(from, from + length));
      if (split !== undefined && split.energy > (best?.energy ?? 0)) best = { ...split, index: from + split.index };
    }
  }
  return best;
}

interface Split {
  readonly index: number;
  readonly energy: number;
}

/**
 * The split into two parts whose distributions are furthest apart by the scaled energy distance.
 * Moving one value from the right part to the left changes three sums, so all splits cost as much
 * as one: the square of the number of values.
 */
function bestSplit(values: readonly number[]): Split | undefined {
  const count = values.length;
  if (count < 2 * LEAST_SEGMENT) return undefined;
  let within = { left: 0, right: sumOfDistances(values) };
  let across = 0;
  let best: Split | undefined;
  for (let index = 1; index <= count - LEAST_SEGMENT; index += 1) {
    const moved = values[index - 1] ?? 0;
    const toLeft = distancesTo(moved, values, 0, index - 1);
    const toRight = distancesTo(moved, values, index, count);
    within = { left: within.left + toLeft, right: within.right - toRight };
    across += toRight - toLeft;
    if (index < LEAST_SEGMENT) continue;
    const [left, right] = [index, count - index];
    const distance =
      (2 * across) / (left * right) -
      (2 * within.left) / (left * (left - 1)) -
      (2 * within.right) / (right * (right - 1));
    const energy = (distance * left * right) / count;
    if (best === undefined || energy > best.energy) best = { index, energy };
  }
  return best;
}

function distancesTo(value: number, values: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index += 1) sum += Math.abs(value - (values[index] ?? 0));
  return sum;
}

function sumOfDistances(values: readonly number[]): number {
  return values.reduce((sum, value, index) => sum + distancesTo(value, values, index + 1, values.length), 0);
}
