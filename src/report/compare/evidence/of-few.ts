import type { Gate } from '../comparison.js';
import type { Figure } from '../seconds/figure.js';
import { bootstrap, valueAtShare } from './bootstrap.js';
import { asWorse, limits, TAIL, type Evidence, type EvidenceOptions, type Span } from './evidence.js';
import { mean } from './statistics.js';

/** Above this autocorrelation, blocks of seconds give intervals that are too narrow. */
const STRONG_CORRELATION = 0.6;
/** Half of a 90 % interval of a normal distribution, in standard deviations. */
const TO_THE_END = 1.645;

/**
 * Evidence from one run per side, or a few: the seconds of each run are resampled, and the
 * logarithms of a side's runs are averaged, so that every run counts. Undefined if the figure does
 * not vary within a run.
 */
export function evidenceOfFew(
  gate: Gate,
  base: readonly Figure[],
  next: readonly Figure[],
  options: EvidenceOptions,
): Evidence | undefined {
  const sides = [base, next].map((figures) => figures.flatMap(({ resampled }) => resampled ?? []));
  const [before = [], after = []] = sides;
  if (before.length < base.length || after.length < next.length) return undefined;
  const resampled = bootstrap(before, after, options.seed);
  const { autocorrelation } = resampled;
  if (resampled.effects.length === 0) return undefined;
  const effect = logOf(next) - logOf(base);
  // A count is resampled as its rate. Runs of different length differ in their counts by that as
  // well.
  const effects = resampled.effects.map((one) => one + effect - resampled.effect);
  const noise = noiseOf(base, next, options);
  const interval = (tail: number): Span => [
    Math.min(effect, valueAtShare(effects, tail)) - noise,
    Math.max(effect, valueAtShare(effects, 1 - tail)) + noise,
  ];
  const limit = limits(gate).worse + noise;
  const within = effects.reduce((count, one) => count + (asWorse(gate, one) <= limit ? 1 : 0), 0);
  return {
    effect,
    interval,
    judgedTail: TAIL / options.gates,
    pValue: (within + 1) / (effects.length + 1),
    standardError: (valueAtShare(effects, 1 - TAIL) - valueAtShare(effects, TAIL)) / 2 / TO_THE_END,
    noise,
    growth: { type: 'seconds', have: Math.min(...[...base, ...next].map(({ seconds }) => seconds)) },
    warnings: autocorrelation > STRONG_CORRELATION ? [correlationWarning(autocorrelation)] : [],
  };
}

function logOf(figures: readonly Figure[]): number {
  return mean(figures.map(({ value }) => Math.log(value ?? Number.NaN)));
}

/**
 * The larger of two: the assumed noise between runs, and the observed deviation of the runs of one
 * side. For shares no noise is assumed, since their variance is that of counting.
 */
function noiseOf(base: readonly Figure[], next: readonly Figure[], { noise, counts }: EvidenceOptions): number {
  const seen = [base, next].map((figures) => {
    const logs = figures.map(({ value }) => Math.log(value ?? Number.NaN));
    return (Math.max(...logs) - Math.min(...logs)) / 2;
  });
  return Math.max(counts === 'share' ? 0 : Math.log1p(noise), ...seen);
}

function correlationWarning(autocorrelation: number): string {
  return `neighbouring seconds are correlated (autocorrelation ${autocorrelation.toFixed(2)}), so the interval is too narrow`;
}
