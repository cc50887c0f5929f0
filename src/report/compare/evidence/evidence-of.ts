import type { Gate } from '../comparison.js';
import type { Figure } from '../seconds/figure.js';
import type { Evidence, EvidenceOptions } from './evidence.js';
import { evidenceOfCounts, widerOf } from './of-counts.js';
import { evidenceOfFew } from './of-few.js';
import { evidenceOfMany } from './of-many.js';
import { evidenceOfMaximum } from './of-maximum.js';

/**
 * Below this number of occurrences on a side, the variation over seconds adds nothing to counting.
 */
const FEW = 10;

/**
 * The evidence for a change that the figures of both sides give. Undefined if a side has no value,
 * or none that allows a ratio.
 */
export function evidenceOf(
  gate: Gate,
  base: readonly Figure[],
  next: readonly Figure[],
  options: EvidenceOptions,
): Evidence | undefined {
  const all = [...base, ...next];
  const counts = all[0]?.counts;
  const own = { ...options, ...(counts !== undefined && { counts }) };
  if (all.some(({ value }) => value === null)) return undefined;
  if (all.some(({ value }) => (value ?? 0) <= 0))
    return counts === undefined ? undefined : evidenceOfCounts(gate, base, next, own);
  if (options.method !== 'one-against-one') return evidenceOfMany(gate, base, next, own);
  if (gate.aggregate.type === 'max') return ofMaxima(gate, base, next, own);
  return counts === undefined ? evidenceOfFew(gate, base, next, own) : ofCountsAndSeconds(gate, base, next, own);
}

/**
 * The wider of two intervals: that of counting, and that of the variation over seconds if there are
 * enough occurrences to estimate it.
 */
function ofCountsAndSeconds(
  gate: Gate,
  base: readonly Figure[],
  next: readonly Figure[],
  options: EvidenceOptions,
): Evidence | undefined {
  const exact = evidenceOfCounts(gate, base, next, options);
  const isRare = Math.min(...[...base, ...next].map(rarer)) < FEW;
  if (exact === undefined || isRare) return exact;
  return widerOf(exact, evidenceOfFew(gate, base, next, options));
}

/** The number of occurrences; for a share, of its rarer outcome. */
function rarer({ value, samples, counts }: Figure): number {
  const share = value ?? 0;
  return counts === 'share' ? Math.min(share, 1 - share) * samples : samples;
}

/** Pools the maxima of all seconds of a side's runs: the largest one of each side is compared. */
function ofMaxima(
  gate: Gate,
  base: readonly Figure[],
  next: readonly Figure[],
  options: EvidenceOptions,
): Evidence | undefined {
  const maxima = (figures: readonly Figure[]): number[] => figures.flatMap((figure) => figure.maxima ?? []);
  return evidenceOfMaximum(gate, { base: maxima(base), next: maxima(next) }, options);
}
