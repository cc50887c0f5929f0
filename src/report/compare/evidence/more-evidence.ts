import type { Gate, MoreEvidence } from '../comparison.js';
import { asWorse, limits, type Evidence } from './evidence.js';
import { normalBelow, studentQuantile } from './statistics.js';

/**
 * Required probability of an answer: eight of ten cases, and a margin for the unknown variance of
 * later runs.
 */
const SURE = 0.88;
const FACTORS = [1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32] as const;
const LONGEST_S = 3600;
const RUNS = [4, 5, 6, 8, 10, 12, 15, 20] as const;
const Z = 1.645;

/**
 * Expected precision of a comparison with more evidence: the standard error of its estimate, and
 * half of its interval.
 */
interface Trial {
  readonly standardError: number;
  readonly half: number;
}

/**
 * The smallest amount of evidence that would give an answer in eight of ten cases; undefined if
 * there is none within the limits. The next estimate varies around the present one by the errors of
 * both.
 */
export function moreEvidence(gate: Gate, evidence: Evidence): MoreEvidence | undefined {
  const { growth, standardError, noise } = evidence;
  if (growth.type === 'seconds') {
    const factor = FACTORS.find((candidate) => {
      const error = standardError / Math.sqrt(candidate);
      return (
        growth.have * candidate <= LONGEST_S &&
        settles(gate, evidence, { standardError: Math.hypot(error, noise / 3), half: Z * error + noise })
      );
    });
    return factor === undefined ? undefined : { seconds: rounded(growth.have * factor) };
  }
  // The deviation between runs is itself estimated from few of them. The factor is from the
  // variance of Student's distribution, which does not exist for two degrees of freedom.
  const { degrees = Number.POSITIVE_INFINITY } = evidence;
  if (degrees <= 2) return undefined;
  const doubt = degrees === Number.POSITIVE_INFINITY ? 1 : Math.sqrt(degrees / (degrees - 2));
  const runs = RUNS.find((candidate) => {
    const error = doubt * growth.spread * Math.sqrt(2 / candidate);
    const half = studentQuantile(0.05, 2 * candidate - 2) * error;
    return candidate > growth.have && settles(gate, evidence, { standardError: error, half });
  });
  return runs === undefined ? undefined : { runs };
}

/** Whether the next comparison would almost always be conclusive. */
function settles(gate: Gate, evidence: Evidence, { standardError, half }: Trial): boolean {
  const { worse, better } = limits(gate);
  const centre = asWorse(gate, evidence.effect);
  const spread = Math.max(1e-9, Math.hypot(evidence.standardError, standardError));
  const below = (value: number): number => normalBelow((value - centre) / spread);
  const regression = 1 - below(worse + half);
  const improvement = below(-better - half);
  const within = Math.max(0, below(worse - half) - below(-better + half));
  return regression + improvement + within >= SURE;
}

function rounded(seconds: number): number {
  const step = seconds < 120 ? 10 : 60;
  return Math.ceil(seconds / step) * step;
}
