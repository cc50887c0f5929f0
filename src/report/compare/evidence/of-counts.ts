import type { Gate } from '../comparison.js';
import type { Figure } from '../seconds/figure.js';
import { asWorse, limits, TAIL, type Evidence, type EvidenceOptions, type Span } from './evidence.js';
import { betaQuantile, normalQuantile } from './statistics.js';

/** Ratios beyond this are treated as infinite, and those below its inverse as 0. */
const FURTHEST = Math.log(1e9);
/**
 * From this many on, the normal approximation is as good as the exact interval, which is slow to
 * compute.
 */
const MANY = 1000;

/**
 * The count of one side, over all its runs: the number of occurrences, and the number of trials
 * (for a share) or the time (for occurrences).
 */
interface Counted {
  readonly happened: number;
  readonly of: number;
}

/**
 * Evidence from the sampling variance of counts alone, which holds for small numbers and for 0. For
 * a share: Newcombe's interval of the difference of two (1998, method 10) where most pass,
 * otherwise, and for occurrences, the exact conditional interval of a ratio (Clopper and Pearson
 * 1934; the test is Fisher's for rare events). Undefined if both sides counted nothing.
 */
export function evidenceOfCounts(
  gate: Gate,
  base: readonly Figure[],
  next: readonly Figure[],
  options: EvidenceOptions,
): Evidence | undefined {
  const isShare = options.counts === 'share';
  const [before, after] = [counted(base, gate, isShare), counted(next, gate, isShare)];
  if (before.happened + after.happened === 0 || before.of === 0 || after.of === 0) return undefined;
  const share = (before.happened + after.happened) / (before.of + after.of);
  const noise = isShare ? 0 : Math.log1p(options.noise);
  const effect = clamped(Math.log(after.happened / after.of) - Math.log(before.happened / before.of));
  const chance = isShare && share > 0.5 ? newcombe(before, after) : conditional(before, after);
  const interval = (tail: number): Span => {
    const [low, high] = chance(tail);
    return [Math.min(effect, clamped(low)) - noise, Math.max(effect, clamped(high)) + noise];
  };
  return {
    effect,
    interval,
    judgedTail: options.method === 'one-against-one' ? TAIL / options.gates : TAIL,
    pValue: pValueOf(gate, interval),
    standardError: (interval(TAIL)[1] - interval(TAIL)[0] - 2 * noise) / 2 / 1.645,
    noise,
    growth: { type: 'seconds', have: Math.min(...[...base, ...next].map(({ seconds }) => seconds)) },
    warnings: [],
  };
}

/**
 * The wider of two intervals: that of counting, and that of the variation over seconds, since
 * failures tend to occur together.
 */
export function widerOf(exact: Evidence, varied: Evidence | undefined): Evidence {
  if (varied === undefined) return exact;
  return {
    ...varied,
    interval: (tail) => {
      const [one, other] = [exact.interval(tail), varied.interval(tail)];
      return [Math.min(one[0], other[0]), Math.max(one[1], other[1])];
    },
    pValue: Math.max(exact.pValue, varied.pValue),
    standardError: Math.max(exact.standardError, varied.standardError),
  };
}

function counted(figures: readonly Figure[], { aggregate }: Gate, isShare: boolean): Counted {
  const sum = (of: (figure: Figure) => number): number => figures.reduce((total, figure) => total + of(figure), 0);
  if (isShare)
    return { happened: sum(({ value, samples }) => (value ?? 0) * samples), of: sum(({ samples }) => samples) };
  const exposure = aggregate.type === 'rate' ? sum(({ seconds }) => seconds) : figures.length;
  return { happened: sum(({ samples }) => samples), of: exposure };
}

/** Bounds of the ratio of two shares near 1, from the difference of the shares. */
function newcombe(before: Counted, after: Counted): (tail: number) => Span {
  const [p1, p2] = [before.happened / before.of, after.happened / after.of];
  return (tail) => {
    const [low1, high1] = wilson(before, tail);
    const [low2, high2] = wilson(after, tail);
    const low = p2 - p1 - Math.hypot(p2 - low2, high1 - p1);
    const high = p2 - p1 + Math.hypot(high2 - p2, p1 - low1);
    return [Math.log1p(Math.max(-1, low / p1)), Math.log1p(high / p1)];
  };
}

function wilson({ happened, of }: Counted, tail: number): readonly [number, number] {
  const z2 = normalQuantile(tail) ** 2;
  const share = happened / of;
  const middle = (share + z2 / (2 * of)) / (1 + z2 / of);
  const half = (Math.sqrt(z2) / (1 + z2 / of)) * Math.sqrt((share * (1 - share)) / of + z2 / (4 * of * of));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Bounds of the ratio of two rates: the occurrences of one side are a binomial share of all. */
function conditional(before: Counted, after: Counted): (tail: number) => Span {
  const [a, b] = [Math.round(before.happened), Math.round(after.happened)];
  const scale = Math.log(before.of / after.of);
  const logit = (share: number): number => Math.log(share) - Math.log1p(-share) + scale;
  if (Math.min(a, b) > MANY) {
    return (tail) => {
      const [low, high] = wilson({ happened: b, of: a + b }, tail);
      return [logit(low), logit(high)];
    };
  }
  return (tail) => [
    b === 0 ? -FURTHEST : logit(betaQuantile(tail, b, a + 1)),
    a === 0 ? FURTHEST : logit(betaQuantile(1 - tail, b + 1, a)),
  ];
}

/** The smallest tail at which the near end is not beyond the budget, by bisection. */
function pValueOf(gate: Gate, interval: (tail: number) => Span): number {
  const limit = limits(gate).worse;
  const isBeyond = (tail: number): boolean => Math.min(...interval(tail).map((end) => asWorse(gate, end))) > limit;
  let [low, high] = [1e-12, 0.5];
  if (!isBeyond(high)) return 1;
  if (isBeyond(low)) return low;
  for (let step = 0; step < 40; step += 1) {
    const middle = Math.sqrt(low * high);
    if (isBeyond(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function clamped(log: number): number {
  if (Number.isNaN(log)) return 0;
  return Math.max(-FURTHEST, Math.min(FURTHEST, log));
}
