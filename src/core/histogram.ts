/** Exact figures beside the buckets. */
export interface HistogramFigures {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}
