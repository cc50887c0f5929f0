import type { Gate } from '../comparison.js';
import { asWorse, limits, TAIL, type Evidence, type EvidenceOptions } from './evidence.js';
import { mean } from './statistics.js';

/** Number of largest seconds from which the tail of a run is estimated. */
const TOP_SECONDS = 10;
const LEAST_SECONDS = 4;

/**
 * Evidence from the maxima of two runs. A maximum is a single sample, and resampling seconds does
 * not show its variance. On the logarithmic scale, the largest of many values follows a Gumbel
 * distribution, whose width is estimated from the largest seconds (Hill 1975). The difference of
 * two such values is logistic. `maxima` are those of the seconds of each run. Undefined for runs of
 * a few seconds.
 */
export function evidenceOfMaximum(
  gate: Gate,
  maxima: { readonly base: readonly number[]; readonly next: readonly number[] },
  options: EvidenceOptions,
): Evidence | undefined {
  const widths = [hill(maxima.base), hill(maxima.next)].flatMap((width) => width ?? []);
  if (widths.length < 2) return undefined;
  const width = Math.max(1e-6, mean(widths));
  const effect = Math.log(Math.max(...maxima.next) / Math.max(...maxima.base));
  const noise = Math.log1p(options.noise);
  const beyond = asWorse(gate, effect) - limits(gate).worse - noise;
  return {
    effect,
    interval: (tail) => {
      const half = width * Math.log((1 - tail) / tail) + noise;
      return [effect - half, effect + half];
    },
    judgedTail: TAIL / options.gates,
    pValue: 1 / (1 + Math.exp(beyond / width)),
    standardError: (width * Math.PI) / Math.sqrt(3),
    noise,
    // Longer runs do not have a smaller variance of their maxima.
    growth: { type: 'runs', have: 1, spread: Math.hypot((width * Math.PI) / Math.sqrt(6), noise / 2) },
    warnings: ['a maximum is a single sample: its interval is estimated from the tails of the two runs'],
  };
}

function hill(maxima: readonly number[]): number | undefined {
  const sorted = maxima.filter((value) => value > 0).toSorted((a, b) => b - a);
  const top = Math.min(TOP_SECONDS, Math.floor(sorted.length / 3));
  const threshold = sorted[top];
  if (sorted.length < LEAST_SECONDS || top < 1 || threshold === undefined) return undefined;
  return mean(sorted.slice(0, top).map((value) => Math.log(value / threshold)));
}
