import type { Gate } from '../comparison.js';
import type { Figure } from '../seconds/figure.js';
import type { Evidence, EvidenceOptions } from './evidence.js';
import { evidenceOfCounts, widerOf } from './of-counts.js';
import { evidenceOfFew } from './of-few.js';
import { evidenceOfMany } from './of-many.js';
import { evidenceOfMaximum } from './of-maximum.js';

/** Below so many occurrences on a side, seconds say nothing that counting does not. */
const FEW = 10;

/**
 * What the figures of both sides say of a change. Undefined when a side has no value, or none of
 * which a ratio can be made.
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
 * What is counted varies by chance, and over the seconds by more than that where there is enough of
 * it to tell.
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

/** How often the rarer of two outcomes of a share happened, or how often it happened at all. */
function rarer({ value, samples, counts }: Figure): number {
  const share = value ?? 0;
  return counts === 'share' ? Math.min(share, 1 - share) * samples : samples;
}

/**
 * Of several runs a side the maxima of all their seconds together: the side's largest is compared.
 */
function ofMaxima(
  gate: Gate,
  base: readonly Figure[],
  next: readonly Figure[],
  options: EvidenceOptions,
): Evidence | undefined {
  const maxima = (figures: readonly Figure[]): number[] => figures.flatMap((figure) => figure.maxima ?? []);
  return evidenceOfMaximum(gate, { base: maxima(base), next: maxima(next) }, options);
}
