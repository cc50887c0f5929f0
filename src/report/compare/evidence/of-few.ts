import type { Gate } from '../comparison.js';
import type { Figure } from '../seconds/figure.js';
import { bootstrap, valueAtShare } from './bootstrap.js';
import { asWorse, limits, TAIL, type Evidence, type EvidenceOptions, type Span } from './evidence.js';
import { mean } from './statistics.js';

/** An autocorrelation from which blocks of seconds do not calibrate any more. */
const STRONG_CORRELATION = 0.6;
/**
 * Of a normal distribution, so many standard deviations lie from the middle to the end of a 90 %
 * interval.
 */
const TO_THE_END = 1.645;

/**
 * Evidence of one run a side, or of a few: the seconds of each are resampled, and the logarithms of
 * a side's runs are averaged, so that no run is chosen. Undefined where the figure does not vary
 * within a run.
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
  // What is resampled of a count is its rate: runs that differ in length differ in their counts by
  // that, too.
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
 * What is taken for granted between runs, or what two runs of one side show, whichever is more.
 * Shares do not differ by luck but by chance, which is counted.
 */
function noiseOf(base: readonly Figure[], next: readonly Figure[], { noise, counts }: EvidenceOptions): number {
  const seen = [base, next].map((figures) => {
    const logs = figures.map(({ value }) => Math.log(value ?? Number.NaN));
    return (Math.max(...logs) - Math.min(...logs)) / 2;
  });
  return Math.max(counts === 'share' ? 0 : Math.log1p(noise), ...seen);
}

function correlationWarning(autocorrelation: number): string {
  return `neighbouring seconds are alike (autocorrelation ${autocorrelation.toFixed(2)}): the interval is too narrow within a run`;
}
