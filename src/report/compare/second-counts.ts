import { COUNTS_LENGTH, indexOfMs, middleMsAt } from '../../core/histogram-layout.js';
import type { SparseHistogram } from '../../core/histogram-codec.js';

const NO_COUNTS = { indexes: new Uint16Array(0), counts: new Uint32Array(0) };

const EDGES = 64;
/** How far on the logistic scale the edges reach round a quantile: from .83 to .9995 for p99. */
const REACH = 2.5;

/** The histograms of a series, one a second. Seconds without samples are empty. */
export class SecondCounts {
  private readonly seconds: (SparseHistogram | undefined)[] = [];
  private merged: { readonly from: number; readonly to: number; readonly counts: Float64Array } | undefined;

  /** Keeps what a second's histogram holds. */
  add(second: number, sparse: SparseHistogram): void {
    this.seconds[second] = sparse;
    this.merged = undefined;
  }

  /** The same seconds with every time so many times as long. */
  slowed(factor: number): SecondCounts {
    const slow = new SecondCounts();
    this.seconds.forEach((second, at) => {
      if (second !== undefined) slow.add(at, slowedSecond(second, factor));
    });
    return slow;
  }

  /** The seconds from `from` to before `to`, as what quantiles are resampled from. */
  around(quantile: number, from: number, to: number): QuantileSample {
    const seconds = Array.from({ length: Math.max(0, to - from) }, (_, index) => this.seconds[from + index]);
    return new QuantileSample(seconds, edgesOf(this.merge(seconds, from, to), quantile), quantile);
  }

  /** All of these seconds in one; several gates look at the same. */
  private merge(seconds: readonly (SparseHistogram | undefined)[], from: number, to: number): Float64Array {
    const known = this.merged;
    if (known?.from === from && known.to === to) return known.counts;
    const counts = new Float64Array(COUNTS_LENGTH);
    for (const second of seconds) if (second !== undefined) addTo(counts, second);
    this.merged = { from, to, counts };
    return counts;
  }

  /** Of a second: its samples, their sum, and the largest; undefined without samples. */
  figures(second: number): { readonly count: number; readonly sum: number; readonly max: number } | undefined {
    const counts = this.seconds[second];
    return counts && { count: counts.total, sum: counts.sum, max: counts.max };
  }
}

/** Buckets that come to the same place add up. */
function slowedSecond({ indexes, counts, total, max, sum }: SparseHistogram, factor: number): SparseHistogram {
  const moved = new Map<number, number>();
  indexes.forEach((index, place) => {
    const target = indexOfMs(middleMsAt(index) * factor);
    moved.set(target, (moved.get(target) ?? 0) + (counts[place] ?? 0));
  });
  const entries = [...moved].toSorted(([a], [b]) => a - b);
  return {
    indexes: Uint16Array.from(entries.map(([index]) => index)),
    counts: Uint32Array.from(entries.map(([, count]) => count)),
    total,
    max: max * factor,
    sum: sum * factor,
  };
}

function addTo(merged: Float64Array, { indexes, counts }: SparseHistogram): void {
  for (let place = 0; place < indexes.length; place += 1) {
    const index = indexes[place] ?? 0;
    merged[index] = (merged[index] ?? 0) + (counts[place] ?? 0);
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
    private readonly of: readonly (SparseHistogram | undefined)[],
    edges: readonly number[],
    private readonly quantile: number,
  ) {
    this.seconds = of.length;
    this.values = edges.map((edge) => Math.log(middleMsAt(edge)));
    const rows = [...edges, COUNTS_LENGTH];
    this.prefixes = rows.map(() => new Float64Array(of.length + 1));
    of.forEach((second, at) => this.addSecond(second, at, rows));
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

  private addSecond(second: SparseHistogram | undefined, at: number, rows: readonly number[]): void {
    const { indexes, counts } = second ?? NO_COUNTS;
    let seen = 0;
    let place = 0;
    for (let row = 0; row < rows.length; row += 1) {
      const edge = rows[row] ?? COUNTS_LENGTH;
      for (; place < indexes.length && (indexes[place] ?? 0) <= edge; place += 1) seen += counts[place] ?? 0;
      const prefix = this.prefixes[row];
      if (prefix !== undefined) prefix[at + 1] = (prefix[at] ?? 0) + seen;
    }
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
