import type { Gate } from '../comparison.js';
import type { Figure } from '../seconds/figure.js';
import { asWorse, limits, TAIL, type Evidence, type EvidenceOptions } from './evidence.js';
import { hodgesLehmann, mean, studentQuantile, studentTail, variance } from './statistics.js';

/**
 * Least deviation between runs, so that baselines that agree by chance do not give false alarms.
 */
const LEAST_SPREAD = 0.015;
/**
 * The same for shares, whose sampling variance is known: just above 0, since a deviation of 0 has
 * no interval.
 */
const LEAST_SPREAD_OF_SHARES = 1e-4;

/**
 * Evidence from one new run against several by a t prediction interval, or from several against
 * several by Welch's. All values must be above 0.
 */
export function evidenceOfMany(
  gate: Gate,
  base: readonly Figure[],
  next: readonly Figure[],
  options: EvidenceOptions,
): Evidence {
  const logs = (figures: readonly Figure[]): number[] => figures.map(({ value }) => Math.log(value ?? Number.NaN));
  const least = leastSpread([...base, ...next], options.counts);
  if (options.method === 'many-against-many') return ofWelch(gate, logs(base), logs(next), least);
  const luck =
    options.neighbours !== undefined && options.neighbours.length > base.length
      ? ofNeighbours(options.neighbours)
      : ofSpread(logs(base));
  return ofPrediction(gate, { base: logs(base), next: logs(next)[0] ?? Number.NaN, luck, least });
}

/** The deviation between runs of one build, and its degrees of freedom. */
interface Luck {
  readonly deviation: number;
  readonly degrees: number;
}

function ofSpread(logs: readonly number[]): Luck {
  return { deviation: Math.sqrt(variance(logs)), degrees: logs.length - 1 };
}

/**
 * Estimates the variance from the differences of neighbours, which a trend hardly affects (von
 * Neumann 1941): half of their mean square. The degrees of freedom are those of a chi-square with
 * its variance.
 */
function ofNeighbours(logs: readonly number[]): Luck {
  const squares = logs.slice(1).map((log, at) => (log - (logs[at] ?? log)) ** 2);
  const count = logs.length;
  return { deviation: Math.sqrt(mean(squares) / 2), degrees: (2 * (count - 1) ** 2) / (3 * count - 4) };
}

function leastSpread(figures: readonly Figure[], counts: EvidenceOptions['counts']): number {
  const samples = Math.min(...figures.map((figure) => figure.samples));
  switch (counts) {
    case 'share': {
      // The standard deviation of the logarithm of a share (binomial, delta method).
      const share = Math.min(1, mean(figures.map(({ value }) => value ?? 0)));
      return Math.max(LEAST_SPREAD_OF_SHARES, Math.sqrt((1 - share) / (share * samples)));
    }
    case 'occurrences':
      // The same for a Poisson count.
      return Math.max(LEAST_SPREAD, 1 / Math.sqrt(samples));
    case undefined:
      return LEAST_SPREAD;
  }
}

interface PredictionParts {
  readonly base: readonly number[];
  readonly next: number;
  readonly luck: Luck;
  readonly least: number;
}

/** A t prediction interval of one new value, given those of earlier runs. */
function ofPrediction(gate: Gate, { base, next, luck, least }: PredictionParts): Evidence {
  const between = Math.max(least, luck.deviation);
  const spread = between * Math.sqrt(1 + 1 / base.length);
  const growth = { type: 'runs', have: base.length, spread: between } as const;
  return ofStudent(gate, { effect: next - mean(base), spread, degrees: luck.degrees, growth });
}

/** Welch's interval on the logarithms; the effect is the Hodges-Lehmann estimate. */
function ofWelch(gate: Gate, base: readonly number[], next: readonly number[], least: number): Evidence {
  const [a, b] = [base, next].map((logs) => Math.max((least / 3) ** 2, variance(logs)) / logs.length);
  const [first = 0, second = 0] = [a, b];
  const spread = Math.sqrt(first + second);
  const degrees = (first + second) ** 2 / (first ** 2 / (base.length - 1) + second ** 2 / (next.length - 1));
  const have = Math.min(base.length, next.length);
  const growth = { type: 'runs', have, spread: spread * Math.sqrt(have / 2) } as const;
  return ofStudent(gate, {
    effect: mean(next) - mean(base),
    shown: hodgesLehmann(base, next),
    spread,
    degrees,
    growth,
  });
}

interface StudentParts {
  readonly effect: number;
  /** The estimate that is reported as the effect, if it is another one. */
  readonly shown?: number;
  readonly spread: number;
  readonly degrees: number;
  readonly growth: Evidence['growth'];
}

function ofStudent(gate: Gate, { effect, shown, spread, degrees, growth }: StudentParts): Evidence {
  const beyond = asWorse(gate, effect) - limits(gate).worse;
  return {
    effect: shown ?? effect,
    interval: (tail) => {
      const half = studentQuantile(tail, degrees) * spread;
      return [effect - half, effect + half];
    },
    judgedTail: TAIL,
    pValue: studentTail(beyond / spread, degrees),
    standardError: spread,
    degrees,
    noise: 0,
    growth,
    warnings: [],
  };
}
