import { groupSamples } from '../../../core/histogram/histogram-codec.js';
import { middleMsAt } from '../../../core/histogram/histogram-layout.js';
import { QuantileGrid, type QuantileEdges } from './quantile-grid.js';
import { Column, type SecondFigures, type SecondRange } from './second-columns.js';

/** Counted samples. */
interface Counted {
  readonly slots: SlotTable;
  readonly counts: Column;
  readonly sums: Column;
  readonly maxima: Column;
}

interface SecondCountsOptions {
  /** The length of a slot; 1 by default. */
  readonly slotSeconds?: number;
  readonly counted?: Counted;
  readonly factor?: number;
}

function newCounted(rows: number): Counted {
  return { slots: new SlotTable(rows), counts: new Column(), sums: new Column(), maxima: new Column() };
}

const FIRST_SLOTS = 64;

/**
 * Samples by slot and row, in one growing array: an array for each slot would keep the garbage
 * collector busy.
 */
class SlotTable {
  readonly rows: number;
  #cells: Uint32Array;

  constructor(rows: number) {
    this.rows = rows;
    this.#cells = new Uint32Array(FIRST_SLOTS * rows);
  }

  /** Adds the samples of the rows to those of a slot. */
  add(slot: number, added: Uint32Array): void {
    const start = slot * this.rows;
    if (start + this.rows > this.#cells.length) {
      const larger = new Uint32Array(Math.max(start + this.rows, this.#cells.length * 2));
      larger.set(this.#cells);
      this.#cells = larger;
    }
    const cells = this.#cells;
    for (let row = 0; row < this.rows; row += 1) cells[start + row] = (cells[start + row] ?? 0) + (added[row] ?? 0);
  }

  /** The samples of a slot by row; empty for one beyond the last. */
  at(slot: number): Uint32Array {
    return this.#cells.subarray(slot * this.rows, (slot + 1) * this.rows);
  }

  /** The samples of a range of slots by row. */
  sum(from: number, to: number): Float64Array {
    const sums = new Float64Array(this.rows);
    const end = Math.min(to * this.rows, this.#cells.length);
    for (let at = from * this.rows; at < end; at += this.rows) {
      for (let row = 0; row < this.rows; row += 1) sums[row] = (sums[row] ?? 0) + (this.#cells[at + row] ?? 0);
    }
    return sums;
  }
}

/**
 * The samples of a series, counted at the edges of a grid for each slot: a second, or in a run of
 * hours a few seconds. The exact figures of every second are kept as well. Seconds without samples
 * are empty.
 */
export class SecondCounts {
  readonly #grid: QuantileGrid;
  readonly #slotSeconds: number;
  readonly #counted: Counted;
  /** Factor applied to every recorded time. */
  readonly #factor: number;
  /** Samples of the histogram that is being added, by row. */
  readonly #scratch: Uint32Array;

  constructor(grid: QuantileGrid, { slotSeconds = 1, counted, factor = 1 }: SecondCountsOptions = {}) {
    this.#grid = grid;
    this.#slotSeconds = slotSeconds;
    this.#counted = counted ?? newCounted(grid.edges.length + 1);
    this.#factor = factor;
    this.#scratch = new Uint32Array(grid.edges.length + 1);
  }

  /** Counts a second's encoded histogram. Throws as `groupSamples` does. */
  add(second: number, bytes: Uint8Array): void {
    this.#scratch.fill(0);
    const { count, sum, max } = groupSamples(bytes, this.#grid.groups, this.#scratch);
    this.#counted.slots.add(Math.floor(second / this.#slotSeconds), this.#scratch);
    this.#counted.counts.set(second, count);
    this.#counted.sums.set(second, sum);
    this.#counted.maxima.set(second, max);
  }

  /** The same seconds with all times multiplied by `factor`. */
  slowed(factor: number): SecondCounts {
    const [slotSeconds, counted] = [this.#slotSeconds, this.#counted];
    return new SecondCounts(this.#grid, { slotSeconds, counted, factor: this.#factor * factor });
  }

  /**
   * The whole slots from the second `from` to before `to`, from which a quantile of the grid is
   * resampled. Throws for another quantile.
   */
  around(quantile: number, from: number, to: number): QuantileSample {
    const { rows } = this.#grid.edgesOf(quantile);
    const { first, count } = this.#range(from, to);
    const prefixes = [...rows, this.#grid.edges.length].map(() => new Float64Array(count + 1));
    for (let at = 0; at < count; at += 1) addSlot(prefixes, this.#counted.slots.at(first + at), at, rows);
    const shift = Math.log(this.#factor);
    const values = rows.map((row) => Math.log(middleMsAt(this.#grid.edges[row] ?? 0)) + shift);
    return new QuantileSample(prefixes, values, quantile);
  }

  /**
   * Whether the grid is dense around the quantiles of these seconds, and not only around those that
   * it was made for.
   */
  isDense(from: number, to: number): boolean {
    const { first, count } = this.#range(from, to);
    const byRow = this.#counted.slots.sum(first, first + count);
    const total = upTo(byRow, this.#grid.edges.length);
    return this.#grid.quantiles.every((quantile) => {
      const { centre, share } = this.#grid.edgesOf(quantile);
      return total === 0 || QuantileGrid.isNear(upTo(byRow, centre) / total, share);
    });
  }

  /** The number of samples, their sum and their maximum for each second; 0 without samples. */
  figures(range: SecondRange): SecondFigures {
    const { counts, sums, maxima } = this.#counted;
    const scaled = (values: number[]): readonly number[] =>
      this.#factor === 1 ? values : values.map((value) => value * this.#factor);
    return {
      counts: counts.range(range, 0),
      sums: scaled(sums.range(range, 0)),
      maxima: scaled(maxima.range(range, 0)),
    };
  }

  /** The whole slots in a range of seconds. */
  #range(from: number, to: number): { readonly first: number; readonly count: number } {
    const [first, end] = [Math.ceil(from / this.#slotSeconds), Math.floor(to / this.#slotSeconds)];
    return { first, count: Math.max(0, end - first) };
  }
}

function upTo(byRow: Float64Array, last: number): number {
  let sum = 0;
  for (let row = 0; row <= last; row += 1) sum += byRow[row] ?? 0;
  return sum;
}

/** Extends the prefix sums by a slot. */
function addSlot(prefixes: readonly Float64Array[], cells: Uint32Array, at: number, rows: QuantileEdges['rows']): void {
  let seen = 0;
  let cell = 0;
  for (let row = 0; row < prefixes.length; row += 1) {
    // The last prefix sum counts all samples.
    const last = rows[row] ?? cells.length - 1;
    for (; cell <= last; cell += 1) seen += cells[cell] ?? 0;
    const prefix = prefixes[row];
    if (prefix !== undefined) prefix[at + 1] = (prefix[at] ?? 0) + seen;
  }
}

/** SecondBlocks of seconds that make up a resample: the start of each, and their common length. */
export interface SecondBlocks {
  readonly starts: Int32Array;
  readonly length: number;
}

/**
 * Cumulative counts of seconds at a few edges, so that a quantile of any blocks of them takes a few
 * lookups.
 */
export class QuantileSample {
  readonly seconds: number;
  readonly samples: number;

  readonly #prefixes: readonly Float64Array[];
  readonly #values: readonly number[];
  readonly #quantile: number;

  /**
   * `prefixes` has, for each edge, the number of samples up to it in the seconds before each
   * second; the last row counts all samples. `values` are the logarithms of the edges.
   */
  constructor(prefixes: readonly Float64Array[], values: readonly number[], quantile: number) {
    this.#prefixes = prefixes;
    this.#values = values;
    this.#quantile = quantile;
    const all = prefixes.at(-1) ?? new Float64Array(1);
    this.seconds = all.length - 1;
    this.samples = all[this.seconds] ?? 0;
  }

  /** The quantile of all seconds. */
  get whole(): number {
    return Math.exp(this.logQuantile({ starts: Int32Array.of(0), length: this.seconds }));
  }

  /**
   * The logarithm of the quantile of these blocks, interpolated linearly between the edges; NaN
   * without samples.
   */
  logQuantile(blocks: SecondBlocks): number {
    const total = this.#sumAt(this.#prefixes.length - 1, blocks);
    if (total === 0) return Number.NaN;
    const wanted = this.#quantile * total;
    let low = 0;
    let high = this.#values.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sumAt(middle, blocks) >= wanted) high = middle;
      else low = middle + 1;
    }
    const at = this.#values[low] ?? Number.NaN;
    if (low === 0) return at;
    const [below, above] = [this.#sumAt(low - 1, blocks), this.#sumAt(low, blocks)];
    const share = above > below ? Math.min(1, Math.max(0, (wanted - below) / (above - below))) : 1;
    const before = this.#values[low - 1] ?? at;
    return before + share * (at - before);
  }

  /** The logarithm of each second's own quantile; seconds without samples are left out. */
  perSecond(): readonly number[] {
    const block = { starts: new Int32Array(1), length: 1 };
    const all: number[] = [];
    for (let second = 0; second < this.seconds; second += 1) {
      block.starts[0] = second;
      const own = this.logQuantile(block);
      if (!Number.isNaN(own)) all.push(own);
    }
    return all;
  }

  #sumAt(row: number, blocks: SecondBlocks): number {
    return sumOfBlocks(this.#prefixes[row] ?? new Float64Array(1), blocks);
  }
}

/** The sum over blocks of seconds, from a prefix sum. Blocks wrap around at the end. */
export function sumOfBlocks(prefix: Float64Array, { starts, length }: SecondBlocks): number {
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

/**
 * A figure that can be resampled: the number of seconds, and the logarithm of the figure for any
 * blocks of them.
 */
export interface Resampled {
  readonly seconds: number;
  logFigure(blocks: SecondBlocks): number;
  /** The logarithm of the figure of each second, in order. */
  perSecond(): readonly number[];
}
