import type { ComparisonMethod, Gate, Interval, Verdict } from '../comparison.js';

/** An interval leaves this share outside each of its ends: it is one of 90 %. */
export const TAIL = 0.05;
/** What a one-sided sentence leaves outside its one end: "at most 12 % slower" is right in 90 %. */
export const ONE_SIDED_TAIL = 0.1;

/** Logarithms of new over base. */
export type Span = readonly [low: number, high: number];

/** More of what would narrow an interval. */
export type Growth =
  | { readonly type: 'seconds'; readonly have: number }
  | { readonly type: 'runs'; readonly have: number; readonly spread: number };

/** What is known of a gate before its verdict. */
export interface Evidence {
  /** The logarithm of new over base. */
  readonly effect: number;
  /** The interval that leaves this share outside each end, noise between runs included. */
  readonly interval: (tail: number) => Span;
  /**
   * The tail at which a change is claimed: adjusted for the number of gates where the method needs
   * it.
   */
  readonly judgedTail: number;
  /** Of "the change for the worse is at most the budget". */
  readonly pValue: number;
  /** Of the effect, without the noise that is taken for granted. */
  readonly standardError: number;
  /**
   * How well that is known, as degrees of freedom of Student's distribution, where it is by few
   * runs.
   */
  readonly degrees?: number;
  /** Taken for granted at each end, as a logarithm. */
  readonly noise: number;
  readonly growth: Growth;
  readonly warnings: readonly string[];
}

export interface EvidenceOptions {
  readonly method: ComparisonMethod;
  readonly noise: number;
  /** How many gates are judged. */
  readonly gates: number;
  readonly seed: number;
  /** What the figure counts: a share (0 to 1), occurrences, or nothing that can be counted. */
  readonly counts?: 'share' | 'occurrences';
  /**
   * Logarithms of the figures of runs in their order, of which neighbours differ by luck alone;
   * none where the base itself tells how runs differ.
   */
  readonly neighbours?: readonly number[];
}

/** How far a change for the worse, and one for the better, may go: logarithms, both positive. */
export function limits({ worse, budget = 0 }: Gate): { readonly worse: number; readonly better: number } {
  const [up, down] = [Math.log1p(budget), -Math.log1p(-Math.min(budget, 0.999))];
  return worse === 'up' ? { worse: up, better: down } : { worse: down, better: up };
}

/** A logarithm that is larger the worse it is. */
export function asWorse({ worse }: Pick<Gate, 'worse'>, effect: number): number {
  return worse === 'up' ? effect : -effect;
}

/** The same of both ends of an interval. */
export function asWorseInterval(gate: Pick<Gate, 'worse'>, [low, high]: Span): Interval {
  const ends = [asWorse(gate, low), asWorse(gate, high)];
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** What the evidence says against the budget. */
export function verdictOf(gate: Gate, evidence: Evidence): Verdict {
  const { worse, better } = limits(gate);
  const claimed = asWorseInterval(gate, evidence.interval(evidence.judgedTail));
  if (claimed.low > worse) return 'regression';
  if (claimed.high < -better) return 'improvement';
  // Nothing is claimed by this word that more gates would make more likely to be wrong.
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

/** A normal distribution has 90 % below so many standard deviations. */
const NINE_OF_TEN = 1.2816;
/** The same where blocks of seconds tell the deviation, which makes it a little too small. */
const NINE_OF_TEN_OF_BLOCKS = 2;

/**
 * The smallest change for the worse that this comparison would have called a regression in nine of
 * ten cases; a logarithm.
 */
export function smallestFound(gate: Gate, evidence: Evidence): number {
  const { standardError, degrees } = evidence;
  const nearEnd = asWorseInterval(gate, evidence.interval(evidence.judgedTail)).low;
  const half = Math.max(0, asWorse(gate, evidence.effect) - nearEnd);
  const margin = degrees === undefined ? NINE_OF_TEN_OF_BLOCKS : marginOf(half / standardError, degrees);
  return limits(gate).worse + half + margin * standardError;
}

/**
 * Standard errors beyond an interval's half. Few runs tell their deviation badly, and both this
 * half and the next one are made of it: a deviation s with d degrees of freedom varies by about s /
 * sqrt(2 d).
 */
function marginOf(half: number, degrees: number): number {
  let margin = NINE_OF_TEN;
  for (let step = 0; step < 8; step += 1)
    margin = NINE_OF_TEN * Math.sqrt(1 + (half ** 2 + (half + margin) ** 2) / (2 * degrees));
  return margin;
}

/** Logarithms as changes: .1 is 10 % more. */
export function asInterval([low, high]: Span): Interval {
  return { low: Math.expm1(low), high: Math.expm1(high) };
}
