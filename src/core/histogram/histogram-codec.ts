import { Histogram } from './histogram.js';
import { COUNTS_LENGTH, middleMsAt } from './histogram-layout.js';
import { MAX_VARINT_BYTES, VarintReader, writeVarint } from './varint.js';

/**
 * Layout of an encoded histogram: the version (1), min, max and sum as little-endian doubles, then
 * as LEB128 varints count, overflow, refused, the number of buckets in use, and for each of them
 * its distance from the one before and its count. docs/reference/run-file.md.
 */
const VERSION = 1;
const FIXED_BYTES = 25;
/** Bit that is set in all bytes of a number except for the last one. */
const MORE = 0x80;

/** Encodes a histogram in a few bytes per used bucket. The caller owns the result. */
export function encodeHistogram(histogram: Histogram): Uint8Array<ArrayBuffer> {
  const used = usedBuckets(histogram);
  const bytes = new Uint8Array(FIXED_BYTES + MAX_VARINT_BYTES * 4 + used * (3 + MAX_VARINT_BYTES));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setFloat64(1, histogram.min, true);
  view.setFloat64(9, histogram.max, true);
  view.setFloat64(17, histogram.sum, true);
  let offset = FIXED_BYTES;
  for (const value of [histogram.count, histogram.overflow, histogram.refused, used]) {
    offset = writeVarint(bytes, offset, value);
  }
  return bytes.slice(0, writeBuckets(histogram, bytes, offset));
}

/**
 * Adds encoded samples to a histogram. Throws a plain `Error` if the bytes are not a histogram; the
 * target is then undefined.
 */
export function decodeHistogramInto(bytes: Uint8Array, target: Histogram): void {
  if (bytes.length < FIXED_BYTES || bytes[0] !== VERSION) throw new Error('these bytes are not a histogram');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const input = new VarintReader(bytes, FIXED_BYTES);
  const count = input.next();
  const overflow = input.next();
  const refused = input.next();
  if (addBuckets(bytes, input, target) !== count) throw new Error('the counts of a histogram do not add up');
  const figures = { min: view.getFloat64(1, true), max: view.getFloat64(9, true), sum: view.getFloat64(17, true) };
  target.addState({ count, overflow, refused, ...figures });
}

/** The buckets of a histogram that are in use, and its exact figures. */
export interface SparseHistogram {
  /** Indices of buckets, ascending. */
  readonly indexes: Uint16Array;
  readonly counts: Uint32Array;
  readonly total: number;
  readonly max: number;
  readonly sum: number;
}

/**
 * Decodes samples to their buckets, for callers that do not need a histogram. Throws like
 * `decodeHistogramInto`. Hot path: see bench/report.
 */
export function decodeSparse(bytes: Uint8Array): SparseHistogram {
  if (bytes.length < FIXED_BYTES || bytes[0] !== VERSION) throw new Error('these bytes are not a histogram');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const input = new VarintReader(bytes, FIXED_BYTES);
  const total = input.next();
  input.next();
  input.next();
  const used = input.next();
  if (used > COUNTS_LENGTH) throw new Error('a histogram has more buckets than its layout');
  // One allocation for both, since there are thousands of them.
  const memory = new ArrayBuffer(used * (Uint32Array.BYTES_PER_ELEMENT + Uint16Array.BYTES_PER_ELEMENT));
  const counts = new Uint32Array(memory, 0, used);
  const indexes = new Uint16Array(memory, used * Uint32Array.BYTES_PER_ELEMENT, used);
  let index = 0;
  let samples = 0;
  for (let bucket = 0; bucket < used; bucket += 1) {
    index += input.next();
    if (index >= COUNTS_LENGTH) throw new Error('a histogram has more buckets than its layout');
    const count = input.next();
    indexes[bucket] = index;
    counts[bucket] = count;
    samples += count;
  }
  if (samples !== total) throw new Error('the counts of a histogram do not add up');
  return { indexes, counts, total, max: view.getFloat64(9, true), sum: view.getFloat64(17, true) };
}

/** The exact figures of a histogram. */
export interface SampleFigures {
  readonly count: number;
  readonly max: number;
  readonly sum: number;
}

/**
 * Adds encoded samples to cells; `groups` maps each bucket of the layout to its cell. The samples
 * are not stored, since writing memory costs more than decoding. Throws like `decodeHistogramInto`;
 * the cells are then undefined. Hot path: see bench/report.
 */
export function groupSamples(bytes: Uint8Array, groups: Uint16Array, cells: Uint32Array): SampleFigures {
  if (bytes.length < FIXED_BYTES || bytes[0] !== VERSION) throw new Error('these bytes are not a histogram');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const input = new VarintReader(bytes, FIXED_BYTES);
  const count = input.next();
  input.next();
  input.next();
  let index = 0;
  let samples = 0;
  let left = input.next();
  // Almost all buckets have one byte for the distance and one for the count. These are read here,
  // all others by the reader.
  for (let offset = input.offset; left > 0; left -= 1) {
    let distance = bytes[offset] ?? MORE;
    let added = bytes[offset + 1] ?? MORE;
    if ((distance | added) < MORE) {
      offset += 2;
    } else {
      input.offset = offset;
      distance = input.next();
      added = input.next();
      offset = input.offset;
    }
    index += distance;
    const group = groups[index];
    if (group === undefined) throw new Error('a histogram has more buckets than its layout');
    cells[group] = (cells[group] ?? 0) + added;
    samples += added;
  }
  if (samples !== count) throw new Error('the counts of a histogram do not add up');
  return { count, max: view.getFloat64(9, true), sum: view.getFloat64(17, true) };
}

/** Decodes a new histogram. Throws like `decodeHistogramInto`. */
export function decodeHistogram(bytes: Uint8Array): Histogram {
  const histogram = new Histogram();
  decodeHistogramInto(bytes, histogram);
  return histogram;
}

function usedBuckets(histogram: Histogram): number {
  if (histogram.count === 0) return 0;
  let used = 0;
  const last = histogram.lastIndex;
  for (let index = histogram.firstIndex; index <= last; index += 1) {
    if (histogram.counts[index] !== 0) used += 1;
  }
  return used;
}

function writeBuckets(histogram: Histogram, bytes: Uint8Array, start: number): number {
  if (histogram.count === 0) return start;
  let offset = start;
  let previous = 0;
  const last = histogram.lastIndex;
  for (let index = histogram.firstIndex; index <= last; index += 1) {
    const count = histogram.counts[index] ?? 0;
    if (count === 0) continue;
    offset = writeVarint(bytes, offset, index - previous);
    offset = writeVarint(bytes, offset, count);
    previous = index;
  }
  return offset;
}

/**
 * Adds the buckets and returns the number of their samples. Hot path: see bench/run-file and
 * bench/merge.
 */
function addBuckets(bytes: Uint8Array, input: VarintReader, target: Histogram): number {
  let left = input.next();
  let index = 0;
  let samples = 0;
  const counts = target.counts;
  // As in `groupSamples`: almost all buckets have one byte for the distance and one for the count.
  for (let offset = input.offset; left > 0; left -= 1) {
    let distance = bytes[offset] ?? MORE;
    let added = bytes[offset + 1] ?? MORE;
    if ((distance | added) < MORE) {
      offset += 2;
    } else {
      input.offset = offset;
      distance = input.next();
      added = input.next();
      offset = input.offset;
    }
    index += distance;
    if (index >= COUNTS_LENGTH) throw new Error('a histogram has more buckets than its layout');
    counts[index] = (counts[index] ?? 0) + added;
    samples += added;
  }
  return samples;
}

/**
 * Computes quantiles of samples in buckets, in milliseconds: the middle of the bucket that contains
 * the rank. `quantiles` must ascend from 0 to 1.
 */
export function quantilesOf({ indexes, counts, total }: SparseHistogram, quantiles: readonly number[]): number[] {
  const found: number[] = [];
  let seen = 0;
  let place = -1;
  for (const quantile of quantiles) {
    const rank = Math.max(1, Math.ceil(quantile * total));
    while (seen < rank && place + 1 < indexes.length) {
      place += 1;
      seen += counts[place] ?? 0;
    }
    found.push(middleMsAt(indexes[Math.max(0, place)] ?? 0));
  }
  return found;
}
