import { ValueSketch } from './value-sketch.js';
import { MAX_VARINT_BYTES, VarintReader, writeVarint } from './varint.js';

/**
 * Layout of an encoded sketch: the version (2; 1 is a histogram), min, max and sum as little-endian
 * doubles, then as LEB128 varints count, zeros, and for the positive and the negative values the
 * number of buckets and for each of them, ascending, its distance from the one before (the first
 * from `LOWEST_BUCKET`) and its count. docs/reference/run-file.md.
 */
const VERSION = 2;
const FIXED_BYTES = 25;
/** Index below the bucket of the smallest double. */
const LOWEST_BUCKET = -400_000;

/** Whether bytes begin like a sketch. */
export function isSketch(bytes: Uint8Array): boolean {
  return bytes[0] === VERSION;
}

/** Encodes a sketch in a few bytes per used bucket. The caller owns the result. */
export function encodeSketch(sketch: ValueSketch): Uint8Array<ArrayBuffer> {
  const used = sketch.positive.size + sketch.negative.size;
  const bytes = new Uint8Array(FIXED_BYTES + MAX_VARINT_BYTES * (4 + used * 2));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setFloat64(1, sketch.min, true);
  view.setFloat64(9, sketch.max, true);
  view.setFloat64(17, sketch.sum, true);
  let offset = writeVarint(bytes, FIXED_BYTES, sketch.count);
  offset = writeVarint(bytes, offset, sketch.zeros);
  offset = writeSide(sketch.positive, bytes, offset);
  return bytes.slice(0, writeSide(sketch.negative, bytes, offset));
}

/**
 * Adds encoded samples to a sketch. Throws a plain `Error` if the bytes are not a sketch; the
 * target is then undefined.
 */
export function decodeSketchInto(bytes: Uint8Array, target: ValueSketch): void {
  if (bytes.length < FIXED_BYTES || !isSketch(bytes)) throw new Error('these bytes are not a sketch');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const input = new VarintReader(bytes, FIXED_BYTES);
  const count = input.next();
  const zeros = input.next();
  const samples = zeros + readSide(input, target.positive) + readSide(input, target.negative);
  if (samples !== count) throw new Error('the counts of a sketch do not add up');
  target.zeros += zeros;
  const figures = { min: view.getFloat64(1, true), max: view.getFloat64(9, true), sum: view.getFloat64(17, true) };
  target.addFigures({ count, ...figures });
}

/** Decodes a new sketch. Throws like `decodeSketchInto`. */
export function decodeSketch(bytes: Uint8Array): ValueSketch {
  const sketch = new ValueSketch();
  decodeSketchInto(bytes, sketch);
  return sketch;
}

function writeSide(side: ReadonlyMap<number, number>, bytes: Uint8Array, start: number): number {
  let offset = writeVarint(bytes, start, side.size);
  let previous = LOWEST_BUCKET;
  for (const [bucket, count] of [...side].toSorted(([left], [right]) => left - right)) {
    offset = writeVarint(bytes, offset, bucket - previous);
    offset = writeVarint(bytes, offset, count);
    previous = bucket;
  }
  return offset;
}

/** Adds the buckets and returns the number of their samples. */
function readSide(input: VarintReader, side: Map<number, number>): number {
  let bucket = LOWEST_BUCKET;
  let samples = 0;
  for (let left = input.next(); left > 0; left -= 1) {
    bucket += input.next();
    const count = input.next();
    side.set(bucket, (side.get(bucket) ?? 0) + count);
    samples += count;
  }
  return samples;
}
