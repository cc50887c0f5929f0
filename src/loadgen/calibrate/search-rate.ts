/** One rate that was tried. */
export interface RateTrial {
  /** Messages a second. */
  readonly rate: number;
  /** Whether the generator kept up. */
  readonly isKept: boolean;
}

export interface RateSearch {
  readonly firstRate: number;
  /** The search ends when the highest kept rate is within this share of the lowest lost one. */
  readonly precision: number;
  readonly mostTrials: number;
}

/**
 * The next rate to try: doubles until one is too much, then halves the gap between the highest kept
 * rate and the lowest lost one (on a logarithmic scale). Undefined when it is known well enough, or
 * was tried long enough.
 */
export function nextRate(trials: readonly RateTrial[], search: RateSearch): number | undefined {
  if (trials.length >= search.mostTrials) return undefined;
  if (trials.length === 0) return search.firstRate;
  const kept = highestKept(trials);
  const lost = Math.min(...trials.filter(({ isKept }) => !isKept).map(({ rate }) => rate));
  if (lost === Number.POSITIVE_INFINITY) return kept * 2;
  if (kept === 0) return Math.round(lost / 2);
  if (lost / kept <= 1 + search.precision) return undefined;
  return Math.round(Math.sqrt(kept * lost));
}

/** The highest rate that was kept below every one that was lost; 0 when there is none. */
export function highestKept(trials: readonly RateTrial[]): number {
  const lost = Math.min(...trials.filter(({ isKept }) => !isKept).map(({ rate }) => rate));
  return Math.max(0, ...trials.filter(({ rate, isKept }) => isKept && rate < lost).map(({ rate }) => rate));
}
