import { COUNTS_LENGTH, middleMsAt } from '../../core/histogram-layout.js';
import type { Histogram } from '../../core/histogram.js';

/** The buckets of one second's histogram that are in use. */
interface SparseCounts {
  readonly indexes: Uint16Array;
  readonly counts: Float64Array;
  readonly total: number;
  readonly max: number;
  readonly sum: number;
}

const EDGES = 64;
/** How far on the logistic scale the edges reach round a quantile: from .83 to .9995 for p99. */
const REACH = 2.5;

/** The histograms of a series, one a second. Seconds without samples are empty. */
export class SecondCounts {
  private readonly seconds: (SparseCounts | undefined)[] = [];

  /** Keeps what a second's histogram holds. */
  add(second: number, histogram: Histogram): void {
    const indexes: number[] = [];
    const counts: number[] = [];
    for (let index = histogram.firstIndex; index <= histogram.lastIndex; index += 1) {
      const count = histogram.counts[index] ?? 0;
      if (count === 0) continue;
      indexes.push(index);
      counts.push(count);
    }
    const { count: total, max, sum } = histogram;
    this.seconds[second] = { indexes: Uint16Array.from(indexes), counts: Float64Array.from(counts), total, max, sum };
  }

  /** The seconds from `from` to before `to`, as what quantiles are resampled from. */
  around(quantile: number, from: number, to: number): QuantileSample {
    const seconds = Array.from({ length: Math.max(0, to - from) }, (_, index) => this.seconds[from + index]);
    const merged = new Float64Array(COUNTS_LENGTH);
    for (const second of seconds) {
      second?.indexes.forEach((index, place) => {
        merged[index] = (merged[index] ?? 0) + (second.counts[place] ?? 0);
      });
    }
    return new QuantileSample(seconds, edgesOf(merged, quantile), quantile);
  }

  /** Of a second: its samples, their sum, and the largest; undefined without samples. */
  figures(second: number): { readonly count: number; readonly sum: number; readonly max: number } | undefined {
    const counts = this.seconds[second];
    return counts && { count: counts.total, sum: counts.sum, max: counts.max };
  }
}

/** Places in the layout below which so many shares of all samples lie, dense round the quantile. */
function edgesOf(merged: Float64Array, quantile: number): readonly number[] {
  const total = merged.reduce((sum, count) => sum + count, 0);
  const centre = Math.log(quantile / (1 - quantile));
  const levels = Array.from({ length: EDGES }, (_, edge) => {
    const logit = centre - REACH + (2 * REACH * edge) / (EDGES - 1);
    return 1 / (1 + Math.exp(-logit));
  });
  const edges: number[] = [];
  let seen = 0;
  let level = 0;
  for (let index = 0; index < merged.length && level < EDGES; index += 1) {
    seen += merged[index] ?? 0;
    let isEdge = false;
    for (; level < EDGES && seen >= (levels[level] ?? 1) * total && seen > 0; level += 1) isEdge = true;
    if (isEdge) edges.push(index);
  }
  return edges;
}

/** Blocks of seconds that make a resample: where each begins, and how long all are. */
export interface Blocks {
  readonly starts: Int32Array;
  readonly length: number;
}

/** Cumulative counts of seconds at a few edges: a quantile of any blocks of them costs some look-ups. */
export class QuantileSample {
  readonly seconds: number;
  readonly samples: number;
  /** By edge: how many samples up to it lie in the seconds before a second. The last row counts all. */
  private readonly prefixes: readonly Float64Array[];
  private readonly values: readonly number[];

  constructor(
    private readonly of: readonly (SparseCounts | undefined)[],
    edges: readonly number[],
    private readonly quantile: number,
  ) {
    this.seconds = of.length;
    this.values = edges.map((edge) => Math.log(middleMsAt(edge)));
    this.prefixes = [...edges, COUNTS_LENGTH].map(() => new Float64Array(of.length + 1));
    of.forEach((second, at) => this.addSecond(second, at, edges));
    this.samples = this.prefixes.at(-1)?.[of.length] ?? 0;
  }

  /** The quantile of all seconds. */
  get whole(): number {
    return Math.exp(this.logQuantile({ starts: Int32Array.of(0), length: this.seconds }));
  }

  /** The logarithm of the quantile of these blocks, between the edges by straight lines; NaN without samples. */
  logQuantile(blocks: Blocks): number {
    const total = this.sumAt(this.prefixes.length - 1, blocks);
    if (total === 0) return Number.NaN;
    const wanted = this.quantile * total;
    let low = 0;
    let high = this.values.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sumAt(middle, blocks) >= wanted) high = middle;
      else low = middle + 1;
    }
    const at = this.values[low] ?? Number.NaN;
    if (low === 0) return at;
    const [below, above] = [this.sumAt(low - 1, blocks), this.sumAt(low, blocks)];
    const share = above > below ? Math.min(1, Math.max(0, (wanted - below) / (above - below))) : 1;
    const before = this.values[low - 1] ?? at;
    return before + share * (at - before);
  }

  /** The logarithm of each second's own quantile; seconds without samples are left out. */
  perSecond(): readonly number[] {
    return this.of.flatMap((_, second) => {
      const own = this.logQuantile({ starts: Int32Array.of(second), length: 1 });
      return Number.isNaN(own) ? [] : [own];
    });
  }

  private addSecond(second: SparseCounts | undefined, at: number, edges: readonly number[]): void {
    let seen = 0;
    let place = 0;
    [...edges, COUNTS_LENGTH].forEach((edge, row) => {
      while (second !== undefined && place < second.indexes.length && (second.indexes[place] ?? 0) <= edge) {
        seen += second.counts[place] ?? 0;
        place += 1;
      }
      const prefix = this.prefixes[row];
      if (prefix !== undefined) prefix[at + 1] = (prefix[at] ?? 0) + seen;
    });
  }

  private sumAt(row: number, blocks: Blocks): number {
    return sumOfBlocks(this.prefixes[row] ?? new Float64Array(1), blocks);
  }
}

/** The sum over blocks of seconds of what a prefix sum counts; blocks go on at the beginning where the seconds end. */
export function sumOfBlocks(prefix: Float64Array, { starts, length }: Blocks): number {
  const seconds = prefix.length - 1;
  const all = prefix[seconds] ?? 0;
  let sum = 0;
  for (const start of starts) {
    const end = start + length;
    sum +=
      end <= seconds
        ? (prefix[end] ?? 0) - (prefix[start] ?? 0)
        : all - (prefix[start] ?? 0) + (prefix[end - seconds] ?? 0);
  }
  return sum;
}
