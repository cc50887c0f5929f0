import { bootstrap, shareOf } from './bootstrap.js';
import type { ComparisonMethod, Gate, Interval, MoreEvidence, Verdict } from './comparison.js';
import type { Figure } from './figure.js';
import { hodgesLehmann, mean, medianIndex, studentQuantile, studentTail, variance } from './statistics.js';

/** Below each end of an interval, and above it, lies so much: it is one of 90 %. */
export const TAIL = 0.05;
/** Baselines that happen to agree make no hair trigger: their spread counts as at least this. */
const LEAST_SPREAD = 0.015;
/** The same of shares, whose chance is known: of these only more than nothing, for a spread of 0 has no interval. */
const LEAST_SPREAD_OF_SHARES = 1e-4;
/** An autocorrelation from which blocks of seconds do not calibrate any more. */
const STRONG_CORRELATION = 0.6;
/** A percentile wants so many samples above it. */
const WANTED_ABOVE = 10;

/** What is known of a gate before its verdict. */
export interface Evidence {
  /** Logarithms of new over base. */
  readonly effect: number;
  /** As shown, and as judged: between two runs adjusted for the number of gates. */
  readonly shown: readonly [low: number, high: number];
  readonly judged: readonly [low: number, high: number];
  /** Of "the change for the worse is at most the budget". */
  readonly pValue: number;
  readonly warnings: readonly string[];
  readonly more: (distance: number) => MoreEvidence;
}

export interface EvidenceOptions {
  readonly method: ComparisonMethod;
  readonly noise: number;
  readonly gates: number;
  readonly seed: number;
  /** Whether the figure is a share, from 0 to 1. */
  readonly isShare?: boolean;
}

/** The number of samples that a gate's aggregate needs; 1 unless it is a quantile. */
export function wantedSamples({ aggregate }: Gate): number {
  if (aggregate.type !== 'quantile') return 1;
  return Math.ceil(WANTED_ABOVE / (1 - aggregate.quantile) - 1e-6);
}

/** The index of the run that stands for its side where there are too few for a method of many. */
export function standIn(figures: readonly Figure[]): number {
  return medianIndex(figures.map(({ value }) => value ?? 0));
}

/** What the figures of both sides say of a change. Undefined when a side has no value, or none of which a ratio can be made. */
export function evidenceOf(
  gate: Gate,
  base: readonly Figure[],
  next: readonly Figure[],
  options: EvidenceOptions,
): Evidence | undefined {
  if ([...base, ...next].some(({ value }) => value === null || value <= 0)) return undefined;
  const logs = (figures: readonly Figure[]): number[] => figures.map(({ value }) => Math.log(value ?? Number.NaN));
  const least = options.isShare === true ? chanceOfShares([...base, ...next]) : LEAST_SPREAD;
  switch (options.method) {
    case 'one-against-one':
      return ofTwo(gate, base[standIn(base)], next[standIn(next)], options);
    case 'one-against-many':
      return ofPrediction(gate, logs(base), logs(next)[0] ?? Number.NaN, least);
    case 'many-against-many':
      return ofWelch(gate, logs(base), logs(next), least);
  }
}

/** How much shares of the same chance differ by luck: the standard deviation of their logarithms (binomial, delta method). */
function chanceOfShares(figures: readonly Figure[]): number {
  const share = Math.min(1, mean(figures.map(({ value }) => value ?? 0)));
  const samples = Math.min(...figures.map((figure) => figure.samples));
  return Math.max(LEAST_SPREAD_OF_SHARES, Math.sqrt((1 - share) / (share * samples)));
}

function ofTwo(
  gate: Gate,
  base: Figure | undefined,
  next: Figure | undefined,
  options: EvidenceOptions,
): Evidence | undefined {
  if (base?.resampled === undefined || next?.resampled === undefined) return undefined;
  const { effect, effects, autocorrelation } = bootstrap(base.resampled, next.resampled, options.seed);
  // Runs do not differ by luck in how many of their checks fail.
  const noise = isRate(gate) ? 0 : Math.log1p(options.noise);
  const interval = (tail: number): readonly [number, number] => [
    Math.min(effect, shareOf(effects, tail)) - noise,
    Math.max(effect, shareOf(effects, 1 - tail)) + noise,
  ];
  const limit = limits(gate).worse + noise;
  const within = effects.reduce((count, one) => count + (asWorse(gate, one) <= limit ? 1 : 0), 0);
  const half = (shareOf(effects, 1 - TAIL) - shareOf(effects, TAIL)) / 2;
  const seconds = Math.min(base.seconds, next.seconds);
  return {
    effect,
    shown: interval(TAIL),
    judged: interval(TAIL / options.gates),
    pValue: (within + 1) / (effects.length + 1),
    warnings:
      autocorrelation > STRONG_CORRELATION
        ? [
            `seconds hang together strongly (autocorrelation ${autocorrelation.toFixed(2)}): the interval is too narrow within a run`,
          ]
        : [],
    more: (distance) => {
      const room = distance - noise;
      return room > 0 ? { seconds: Math.ceil(seconds * (half / room) ** 2) } : { runs: 4 };
    },
  };
}

/** One new value against those of earlier runs: a t prediction interval. */
function ofPrediction(gate: Gate, base: readonly number[], next: number, least: number): Evidence {
  const degrees = base.length - 1;
  const spread = Math.max(least, Math.sqrt(variance(base))) * Math.sqrt(1 + 1 / base.length);
  return ofStudent(gate, { effect: next - mean(base), spread, degrees, runs: base.length });
}

/** Welch's interval on the logarithms; the effect is the Hodges-Lehmann estimate. */
function ofWelch(gate: Gate, base: readonly number[], next: readonly number[], least: number): Evidence {
  const [a, b] = [base, next].map((logs) => Math.max((least / 3) ** 2, variance(logs)) / logs.length);
  const [first = 0, second = 0] = [a, b];
  const spread = Math.sqrt(first + second);
  const degrees = (first + second) ** 2 / (first ** 2 / (base.length - 1) + second ** 2 / (next.length - 1));
  const runs = Math.min(base.length, next.length);
  return ofStudent(gate, { effect: mean(next) - mean(base), shown: hodgesLehmann(base, next), spread, degrees, runs });
}

interface StudentParts {
  readonly effect: number;
  /** What is told as the effect, when that is another estimate. */
  readonly shown?: number;
  readonly spread: number;
  readonly degrees: number;
  readonly runs: number;
}

function ofStudent(gate: Gate, { effect, shown, spread, degrees, runs }: StudentParts): Evidence {
  const half = studentQuantile(TAIL, degrees) * spread;
  const interval = [effect - half, effect + half] as const;
  const beyond = asWorse(gate, effect) - limits(gate).worse;
  return {
    effect: shown ?? effect,
    shown: interval,
    judged: interval,
    pValue: studentTail(beyond / spread, degrees),
    warnings: [],
    more: (distance) => ({ runs: Math.max(runs + 1, Math.ceil(runs * (half / Math.max(distance, 1e-3)) ** 2)) }),
  };
}

/** How far a change for the worse, and one for the better, may go: logarithms, both positive. */
function limits({ worse, budget = 0 }: Gate): { readonly worse: number; readonly better: number } {
  const [up, down] = [Math.log1p(budget), -Math.log1p(-Math.min(budget, 0.999))];
  return worse === 'up' ? { worse: up, better: down } : { worse: down, better: up };
}

/** A logarithm that is larger the worse it is. */
function asWorse({ worse }: Gate, effect: number): number {
  return worse === 'up' ? effect : -effect;
}

function isRate({ series, aggregate }: Gate): boolean {
  return aggregate.type === 'rate' && (series.startsWith('checks') || series.includes('failed'));
}

/** What the judged interval says against the budget; `difference` is in the metric's unit. */
export function verdictOf(gate: Gate, { judged, shown }: Evidence, difference: number): Verdict {
  if (Math.abs(difference) <= (gate.floor ?? -1)) return 'within budget';
  const { worse, better } = limits(gate);
  const claimed = asWorseInterval(gate, judged);
  if (claimed.low > worse) return 'regression';
  if (claimed.high < -better) return 'improvement';
  // Nothing is claimed by this word that more gates would make more likely to be wrong.
  const { low, high } = asWorseInterval(gate, shown);
  return high <= worse && low >= -better ? 'within budget' : 'inconclusive';
}

function asWorseInterval(gate: Gate, [low, high]: readonly [number, number]): Interval {
  const ends = [asWorse(gate, low), asWorse(gate, high)];
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** How far the effect is from the nearer bound of the budget: what the interval's half has to be below for an answer. */
export function distanceToBudget(gate: Gate, { effect }: Evidence): number {
  const worse = asWorse(gate, effect);
  const bounds = limits(gate);
  return Math.min(Math.abs(worse - bounds.worse), Math.abs(worse + bounds.better));
}

/** Logarithms as changes: .1 is 10 % more. */
export function asInterval([low, high]: readonly [number, number]): Interval {
  return { low: Math.expm1(low), high: Math.expm1(high) };
}

/** The value of a side: of several runs the mean of the logarithms. */
export function sideValue(figures: readonly Figure[]): number | null {
  const values = figures.map(({ value }) => value);
  if (values.some((value) => value === null)) return null;
  const numbers = values.map((value) => value ?? 0);
  return numbers.some((value) => value <= 0) ? mean(numbers) : Math.exp(mean(numbers.map(Math.log)));
}
