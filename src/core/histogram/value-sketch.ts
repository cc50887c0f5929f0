/** Exact figures in addition to the buckets; all 0 without samples. */
export interface SketchFigures {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/**
 * Ratio of the ends of a bucket. Its deviation from 1 is twice the relative error of the bucket's
 * middle.
 */
const GROWTH = 1.002;
const LOG_GROWTH = Math.log(GROWTH);
/** Smaller absolute values count as 0. */
const SMALLEST = 1e-300;

/**
 * The distribution of arbitrary finite numbers, in logarithmic buckets for each sign and one for 0,
 * so that quantiles have a relative error of at most 0.1 % (the scheme of DDSketch, Masson et al.
 * 2019, without a bound on buckets: 1,000 decades of one sign are 1.2 million).
 */
export class ValueSketch implements SketchFigures {
  /**
   * Counts by bucket of the absolute value: ascending keys are ascending values in `positive`, and
   * descending ones in `negative`.
   */
  readonly positive = new Map<number, number>();
  readonly negative = new Map<number, number>();
  zeros = 0;
  count = 0;
  min = 0;
  max = 0;
  sum = 0;

  /** Records a value; values that are not finite are ignored, as k6 refuses them. */
  record(value: number): void {
    if (!Number.isFinite(value)) return;
    const size = Math.abs(value);
    if (size < SMALLEST) this.zeros += 1;
    else this.#addTo(value > 0 ? this.positive : this.negative, bucketOf(size), 1);
    this.addFigures({ count: 1, min: value, max: value, sum: value });
  }

  /** Adds all samples of the other sketch. */
  add(other: ValueSketch): void {
    for (const [bucket, count] of other.positive) this.#addTo(this.positive, bucket, count);
    for (const [bucket, count] of other.negative) this.#addTo(this.negative, bucket, count);
    this.zeros += other.zeros;
    this.addFigures(other);
  }

  /** Adds the exact figures; the caller must add the buckets. */
  addFigures({ count, min, max, sum }: SketchFigures): void {
    if (count === 0) return;
    this.min = this.count === 0 ? min : Math.min(this.min, min);
    this.max = this.count === 0 ? max : Math.max(this.max, max);
    this.count += count;
    this.sum += sum;
  }

  reset(): void {
    this.positive.clear();
    this.negative.clear();
    this.zeros = 0;
    this.count = 0;
    this.min = 0;
    this.max = 0;
    this.sum = 0;
  }

  /**
   * The quantile (0 to 1) as in k6: linear between the two nearest sorted samples. 0 without
   * samples.
   */
  quantile(q: number): number {
    if (this.count === 0) return 0;
    const rank = Math.min(Math.max(q, 0), 1) * (this.count - 1);
    const sorted = this.#sortedBuckets();
    const lower = this.#valueOfRank(sorted, Math.floor(rank));
    const upper = this.#valueOfRank(sorted, Math.ceil(rank));
    return lower + (upper - lower) * (rank - Math.floor(rank));
  }

  #addTo(side: Map<number, number>, bucket: number, count: number): void {
    side.set(bucket, (side.get(bucket) ?? 0) + count);
  }

  /** Middles and counts of the buckets, in ascending order of value. */
  #sortedBuckets(): readonly (readonly [value: number, count: number])[] {
    const below = [...this.negative].toSorted(([left], [right]) => right - left);
    const above = [...this.positive].toSorted(([left], [right]) => left - right);
    return [
      ...below.map(([bucket, count]) => [-middleOf(bucket), count] as const),
      [0, this.zeros] as const,
      ...above.map(([bucket, count]) => [middleOf(bucket), count] as const),
    ];
  }

  #valueOfRank(sorted: readonly (readonly [number, number])[], rank: number): number {
    if (rank <= 0) return this.min;
    if (rank >= this.count - 1) return this.max;
    let seen = 0;
    for (const [value, count] of sorted) {
      seen += count;
      if (seen > rank) return Math.min(Math.max(value, this.min), this.max);
    }
    return this.max;
  }
}

function bucketOf(size: number): number {
  return Math.floor(Math.log(size) / LOG_GROWTH);
}

/** The value with the same relative distance to both ends of its bucket. */
function middleOf(bucket: number): number {
  const low = Math.exp(bucket * LOG_GROWTH);
  return (2 * low * GROWTH) / (1 + GROWTH);
}
