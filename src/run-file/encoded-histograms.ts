import { Histogram } from '../core/histogram/histogram.js';
import { decodeHistogramInto, decodeSparse, encodeHistogram } from '../core/histogram/histogram-codec.js';
import type { HistogramKind } from './records.js';

/**
 * Encodings are added up from this many pending bytes on, or from the size of their sum, whichever
 * is larger.
 */
const LEAST_PENDING_BYTES = 4 << 10;
/** Printing a series reads the same histogram a few times in a row. */
const MOST_DECODED = 4;

/** The most recently read histograms of all runs. */
const decoded: { readonly of: EncodedSum; readonly histogram: Histogram }[] = [];

/** A sum of encoded histograms of a few hundred bytes each: decoded, each would be 216 KiB. */
class EncodedSum {
  #parts: Uint8Array[] = [];
  #pendingBytes = 0;

  /** Stores a copy of the bytes. Throws a plain `Error` if they are not a histogram. */
  add(bytes: Uint8Array): void {
    decodeSparse(bytes);
    forget(this);
    // A slice of a Buffer would share its memory.
    this.#parts.push(new Uint8Array(bytes));
    if (this.#parts.length === 1) return;
    this.#pendingBytes += bytes.length;
    const [sum] = this.#parts;
    if (this.#pendingBytes > Math.max(LEAST_PENDING_BYTES, sum?.length ?? 0)) this.#compact();
  }

  get histogram(): Histogram {
    const known = decoded.find(({ of }) => of === this);
    if (known !== undefined) return known.histogram;
    const histogram = this.#decode();
    decoded.unshift({ of: this, histogram });
    if (decoded.length > MOST_DECODED) decoded.pop();
    return histogram;
  }

  #decode(): Histogram {
    const sum = new Histogram();
    for (const part of this.#parts) decodeHistogramInto(part, sum);
    return sum;
  }

  #compact(): void {
    this.#parts = [encodeHistogram(this.#decode())];
    this.#pendingBytes = 0;
  }
}

function forget(sum: EncodedSum): void {
  const at = decoded.findIndex(({ of }) => of === sum);
  if (at >= 0) decoded.splice(at, 1);
}

/**
 * The histograms of one series by kind, decoded on access: those of ten thousand series would take
 * gigabytes.
 */
export class EncodedHistograms {
  readonly #sums = new Map<HistogramKind, EncodedSum>();

  /**
   * Adds encoded samples; the caller keeps the bytes. Throws a plain `Error` if they are not a
   * histogram.
   */
  add(kind: HistogramKind, bytes: Uint8Array): void {
    const sum = this.#sums.get(kind) ?? new EncodedSum();
    sum.add(bytes);
    this.#sums.set(kind, sum);
  }

  /** The histograms by kind, each decoded when its property is read. */
  get byKind(): Readonly<Partial<Record<HistogramKind, Histogram>>> {
    const histograms: Partial<Record<HistogramKind, Histogram>> = {};
    for (const [kind, sum] of this.#sums) {
      Object.defineProperty(histograms, kind, { enumerable: true, get: () => sum.histogram });
    }
    return histograms;
  }
}
