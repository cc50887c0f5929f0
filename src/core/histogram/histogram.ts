import {
  COUNTS_LENGTH,
  HIGHEST_UNITS,
  UNITS_PER_MS,
  highestUnitsAt,
  indexOfMs,
  indexOfSmallUnits,
  middleMsAt,
} from './histogram-layout.js';

/** Exact figures in addition to the buckets. */
export interface HistogramFigures {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/** Figures of a histogram besides its buckets. */
export interface HistogramState extends HistogramFigures {
  /** Number of samples in `count` above the highest trackable value. */
  readonly overflow: number;
  /** Number of invalid values (negative, NaN, infinite), which are counted only here. */
  readonly refused: number;
}

/** Below this, the units of a time fit into 31 bits, as the fast path of `record` requires. */
const FAST_LIMIT_MS = (2 ** 31 - 1) / UNITS_PER_MS;

/**
 * Histogram of times in a fixed HDR layout: unit 100 ns, up to 1 h, 3 digits, with the same buckets
 * as hdr-histogram-js. All values are milliseconds. Count, min, max and sum are exact, and 0
 * without samples.
 */
export class Histogram implements HistogramState {
  /**
   * The buckets of histogram-layout; modified only by this class and the codec. Doubles, since 32
   * bits would overflow.
   */
  readonly counts = new Float64Array(COUNTS_LENGTH);
  #recorded = 0;
  #smallest = Number.POSITIVE_INFINITY;
  #largest = Number.NEGATIVE_INFINITY;
  #total = 0;
  #above = 0;
  #invalid = 0;
  /** `largest`, limited to the range of the fast path. */
  #fastLargest = Number.NEGATIVE_INFINITY;

  get count(): number {
    return this.#recorded;
  }

  get min(): number {
    return this.#recorded === 0 ? 0 : this.#smallest;
  }

  get max(): number {
    return this.#recorded === 0 ? 0 : this.#largest;
  }

  get sum(): number {
    return this.#total;
  }

  get overflow(): number {
    return this.#above;
  }

  get refused(): number {
    return this.#invalid;
  }

  get mean(): number {
    return this.#recorded === 0 ? 0 : this.#total / this.#recorded;
  }

  /**
   * Records one time in milliseconds. Hot path: see bench/recorder. A value between two recorded
   * times needs no further checks.
   */
  record(valueMs: number): void {
    if (!(valueMs >= this.#smallest && valueMs <= this.#fastLargest)) {
      this.#recordOutside(valueMs);
      return;
    }
    const index = indexOfSmallUnits((valueMs * UNITS_PER_MS + 0.5) | 0);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.#recorded += 1;
    this.#total += valueMs;
  }

  /** Adds all samples of the other histogram, which does not change. */
  add(other: Histogram): void {
    if (other.#recorded > 0) {
      const last = other.lastIndex;
      for (let index = other.firstIndex; index <= last; index += 1) {
        this.counts[index] = (this.counts[index] ?? 0) + (other.counts[index] ?? 0);
      }
    }
    this.addState(other);
  }

  /** Adds the exact figures; the caller must add the buckets. */
  addState(state: HistogramState): void {
    this.#above += state.overflow;
    this.#invalid += state.refused;
    if (state.count === 0) return;
    this.#recorded += state.count;
    this.#total += state.sum;
    this.#widen(state.min);
    this.#widen(state.max);
  }

  /** Removes all samples, at the cost of the buckets between the smallest and the largest value. */
  reset(): void {
    if (this.#recorded > 0) this.counts.fill(0, this.firstIndex, this.lastIndex + 1);
    this.#recorded = 0;
    this.#smallest = Number.POSITIVE_INFINITY;
    this.#largest = Number.NEGATIVE_INFINITY;
    this.#fastLargest = Number.NEGATIVE_INFINITY;
    this.#total = 0;
    this.#above = 0;
    this.#invalid = 0;
  }

  /** Bucket index of the smallest value; meaningless without samples. */
  get firstIndex(): number {
    return indexOfMs(this.min);
  }

  /** Bucket index of the largest value. */
  get lastIndex(): number {
    return indexOfMs(this.max);
  }

  /**
   * HdrHistogram's percentile (0 to 100): the upper end of the bucket in which this share of the
   * samples is reached, limited to the exact minimum and maximum. 0 without samples.
   */
  valueAtPercentile(percentile: number): number {
    if (this.#recorded === 0) return 0;
    if (percentile <= 0) return this.#smallest;
    const share = (Math.min(percentile, 100) / 100) * this.#recorded;
    // 99.9 % of 1000 is 999.0000000000001 in doubles and would skip a sample without this.
    const wanted = Math.max(1, Math.ceil(share - share * 2 * Number.EPSILON));
    if (wanted >= this.#recorded) return this.#largest;
    const index = this.#indexOfRank(wanted - 1);
    return this.#clamp(highestUnitsAt(index) / UNITS_PER_MS);
  }

  /**
   * The quantile (0 to 1) as in k6: linear between the two nearest sorted samples. Its error is at
   * most 0.1 %, or 50 ns below 50 µs. 0 without samples.
   */
  quantile(q: number): number {
    if (this.#recorded === 0) return 0;
    const rank = Math.min(Math.max(q, 0), 1) * (this.#recorded - 1);
    const lower = this.#valueOfRank(Math.floor(rank));
    const upper = this.#valueOfRank(Math.ceil(rank));
    return lower + (upper - lower) * (rank - Math.floor(rank));
  }

  /** Standard deviation of the population, from the middles of the buckets. */
  get standardDeviation(): number {
    if (this.#recorded === 0 || this.#smallest === this.#largest) return 0;
    const mean = this.mean;
    let squares = 0;
    const last = this.lastIndex;
    for (let index = this.firstIndex; index <= last; index += 1) {
      const count = this.counts[index] ?? 0;
      if (count > 0) squares += count * (this.#clamp(middleMsAt(index)) - mean) ** 2;
    }
    return Math.sqrt(squares / this.#recorded);
  }

  /** Number of samples in buckets above that of the value. */
  countAbove(valueMs: number): number {
    if (this.#recorded === 0 || valueMs >= this.#largest) return 0;
    if (valueMs < this.#smallest) return this.#recorded;
    let above = 0;
    const last = this.lastIndex;
    for (let index = indexOfMs(valueMs) + 1; index <= last; index += 1) above += this.counts[index] ?? 0;
    return above;
  }

  #recordOutside(valueMs: number): void {
    if (!(valueMs >= 0) || valueMs === Number.POSITIVE_INFINITY) {
      this.#invalid += 1;
      return;
    }
    if (valueMs > HIGHEST_UNITS / UNITS_PER_MS) this.#above += 1;
    const index = indexOfMs(valueMs);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.#recorded += 1;
    this.#total += valueMs;
    this.#widen(valueMs);
  }

  #widen(valueMs: number): void {
    this.#smallest = Math.min(this.#smallest, valueMs);
    this.#largest = Math.max(this.#largest, valueMs);
    this.#fastLargest = Math.min(this.#largest, FAST_LIMIT_MS);
  }

  #valueOfRank(rank: number): number {
    if (rank <= 0) return this.#smallest;
    if (rank >= this.#recorded - 1) return this.#largest;
    return this.#clamp(middleMsAt(this.#indexOfRank(rank)));
  }

  #indexOfRank(rank: number): number {
    const last = this.lastIndex;
    let seen = 0;
    for (let index = this.firstIndex; index < last; index += 1) {
      seen += this.counts[index] ?? 0;
      if (seen > rank) return index;
    }
    return last;
  }

  #clamp(valueMs: number): number {
    return Math.min(Math.max(valueMs, this.#smallest), this.#largest);
  }
}
