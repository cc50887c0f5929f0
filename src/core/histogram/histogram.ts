import {
  COUNTS_LENGTH,
  HIGHEST_UNITS,
  UNITS_PER_MS,
  highestUnitsAt,
  indexOfMs,
  indexOfSmallUnits,
  middleMsAt,
} from './histogram-layout.js';

/** Exact figures beside the buckets. */
export interface HistogramFigures {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/** What a histogram knows besides its counts. */
export interface HistogramState extends HistogramFigures {
  /** How many of `count` were above the highest trackable value. */
  readonly overflow: number;
  /**
   * How many values were no time (negative, not a number, infinite) and are counted nowhere else.
   */
  readonly refused: number;
}

/** Below this the units of a time fit 31 bits, which is what the fast way of `record` can take. */
const FAST_LIMIT_MS = (2 ** 31 - 1) / UNITS_PER_MS;

/**
 * Times in an HDR layout of one fixed shape: unit 100 ns, to 1 h, 3 digits; the same buckets as
 * hdr-histogram-js makes of that. All values are milliseconds. Beside the buckets count, min, max
 * and sum are exact, and all 0 while nothing was recorded.
 */
export class Histogram implements HistogramState {
  /**
   * The buckets by histogram-layout; to be changed only by this class and the codec. Doubles, for
   * 32 bits would wrap.
   */
  readonly counts = new Float64Array(COUNTS_LENGTH);
  #recorded = 0;
  #smallest = Number.POSITIVE_INFINITY;
  #largest = Number.NEGATIVE_INFINITY;
  #total = 0;
  #above = 0;
  #invalid = 0;
  /** `largest`, but never more than the fast way can take. */
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
   * Counts one time in milliseconds. Hot: see bench/recorder. What lies between two times already
   * seen needs no further check.
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

  /** Adds all that the other holds; the other stays as it is. */
  add(other: Histogram): void {
    if (other.#recorded > 0) {
      const last = other.lastIndex;
      for (let index = other.firstIndex; index <= last; index += 1) {
        this.counts[index] = (this.counts[index] ?? 0) + (other.counts[index] ?? 0);
      }
    }
    this.addState(other);
  }

  /** Adds what stands beside the buckets; whoever calls it has added the buckets. */
  addState(state: HistogramState): void {
    this.#above += state.overflow;
    this.#invalid += state.refused;
    if (state.count === 0) return;
    this.#recorded += state.count;
    this.#total += state.sum;
    this.#widen(state.min);
    this.#widen(state.max);
  }

  /** Forgets everything; costs what lies between the smallest and the largest value. */
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

  /** The place of the smallest value; only meaningful while something is recorded. */
  get firstIndex(): number {
    return indexOfMs(this.min);
  }

  /** The place of the largest value. */
  get lastIndex(): number {
    return indexOfMs(this.max);
  }

  /**
   * HdrHistogram's percentile (0 to 100): the upper end of the bucket in which this share of the
   * samples is reached, but never beyond the exact smallest and largest. 0 when empty.
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
   * The quantile (0 to 1) as k6 gives it: linear between the two nearest of the sorted samples. Off
   * by at most 0.1 %, and below 50 µs by at most 50 ns. 0 when empty.
   */
  quantile(q: number): number {
    if (this.#recorded === 0) return 0;
    const rank = Math.min(Math.max(q, 0), 1) * (this.#recorded - 1);
    const lower = this.#valueOfRank(Math.floor(rank));
    const upper = this.#valueOfRank(Math.ceil(rank));
    return lower + (upper - lower) * (rank - Math.floor(rank));
  }

  /** Of the samples as a whole population, from the middles of the buckets. */
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

  /** How many samples lie in buckets above that of the value. */
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
