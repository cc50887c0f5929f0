import type { ComparisonMethod, Gate, Interval, Verdict } from '../comparison.js';

/** The share outside each end of an interval, which makes it one of 90 %. */
export const TAIL = 0.05;
/**
 * The share outside the end of a one-sided interval: "at most 12 % slower" is right in 90 % of all
 * cases.
 */
export const ONE_SIDED_TAIL = 0.1;

/** An interval of the logarithm of new over base. */
export type Span = readonly [low: number, high: number];

/** The quantity that would narrow an interval if there were more of it. */
export type Growth =
  | { readonly type: 'seconds'; readonly have: number }
  | { readonly type: 'runs'; readonly have: number; readonly spread: number };

/** The evidence on a gate, before its verdict. */
export interface Evidence {
  /** The logarithm of new over base. */
  readonly effect: number;
  /** The interval that leaves this share outside each end, noise between runs included. */
  readonly interval: (tail: number) => Span;
  /**
   * The tail at which a change is reported, adjusted for the number of gates if the method needs
   * it.
   */
  readonly judgedTail: number;
  /** p-value of "the change for the worse is at most the budget". */
  readonly pValue: number;
  /** Standard error of the effect, without the assumed noise. */
  readonly standardError: number;
  /**
   * Degrees of freedom of Student's distribution, if the standard error is estimated from few runs.
   */
  readonly degrees?: number;
  /** Noise assumed at each end, as a logarithm. */
  readonly noise: number;
  readonly growth: Growth;
  readonly warnings: readonly string[];
}

export interface EvidenceOptions {
  readonly method: ComparisonMethod;
  readonly noise: number;
  /** Number of gates that are judged. */
  readonly gates: number;
  readonly seed: number;
  /** Whether the figure counts a share (0 to 1) or occurrences; undefined if it is not a count. */
  readonly counts?: 'share' | 'occurrences';
  /**
   * Logarithms of the figures of runs in their order. The variance between runs is estimated from
   * neighbours; if empty, from the base.
   */
  readonly neighbours?: readonly number[];
}

/** The budgets for a change for the worse and for the better, as logarithms, both positive. */
export function limits({ worse, budget = 0 }: Gate): { readonly worse: number; readonly better: number } {
  const [up, down] = [Math.log1p(budget), -Math.log1p(-Math.min(budget, 0.999))];
  return worse === 'up' ? { worse: up, better: down } : { worse: down, better: up };
}

/** Turns an effect into a logarithm that is larger the worse it is. */
export function asWorse({ worse }: Pick<Gate, 'worse'>, effect: number): number {
  return worse === 'up' ? effect : -effect;
}

/** Does the same for both ends of an interval. */
export function asWorseInterval(gate: Pick<Gate, 'worse'>, [low, high]: Span): Interval {
  const ends = [asWorse(gate, low), asWorse(gate, high)];
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** The verdict of the evidence against the budget. */
export function verdictOf(gate: Gate, evidence: Evidence): Verdict {
  const { worse, better } = limits(gate);
  const claimed = asWorseInterval(gate, evidence.interval(evidence.judgedTail));
  if (claimed.low > worse) return 'regression';
  if (claimed.high < -better) return 'improvement';
  // This verdict needs no adjustment: more gates do not make it more likely to be wrong.
  const { low, high } = asWorseInterval(gate, evidence.interval(TAIL));
  return high <= worse && low >= -better ? 'within budget' : 'inconclusive';
}

/**
 * The largest change for the worse that the evidence does not rule out, as a logarithm that is
 * positive for the worse.
 */
export function worstPossible(gate: Gate, evidence: Evidence): number {
  return asWorseInterval(gate, evidence.interval(ONE_SIDED_TAIL)).high;
}

/** 90 % of a normal distribution lie below this many standard deviations. */
const NINE_OF_TEN = 1.2816;
/** The same for a deviation estimated from blocks of seconds, which is a little too small. */
const NINE_OF_TEN_OF_BLOCKS = 2;

/**
 * The smallest change for the worse that this comparison would have detected in nine of ten cases,
 * as a logarithm.
 */
export function smallestFound(gate: Gate, evidence: Evidence): number {
  const { standardError, degrees } = evidence;
  const nearEnd = asWorseInterval(gate, evidence.interval(evidence.judgedTail)).low;
  const half = Math.max(0, asWorse(gate, evidence.effect) - nearEnd);
  const margin = degrees === undefined ? NINE_OF_TEN_OF_BLOCKS : marginOf(half / standardError, degrees);
  return limits(gate).worse + half + margin * standardError;
}

/**
 * The margin beyond half of an interval, in standard errors. Few runs give an imprecise deviation,
 * on which both this half and the next one depend: a deviation s with d degrees of freedom varies
 * by about s / sqrt(2 d).
 */
function marginOf(half: number, degrees: number): number {
  let margin = NINE_OF_TEN;
  for (let step = 0; step < 8; step += 1)
    margin = NINE_OF_TEN * Math.sqrt(1 + (half ** 2 + (half + margin) ** 2) / (2 * degrees));
  return margin;
}

/** Converts logarithms to changes: .1 is 10 % more. */
export function asInterval([low, high]: Span): Interval {
  return { low: Math.expm1(low), high: Math.expm1(high) };
}
