/**
 * Upper bounds of the buckets in seconds: from the cost of a request on an idle machine to more
 * than clients wait for.
 */
export const DURATION_BOUNDS_S: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

const BOUNDS_MS = Float64Array.from(DURATION_BOUNDS_S, (seconds) => seconds * 1000);

/**
 * Histogram of durations, in the buckets of `DURATION_BOUNDS_S`: plain numbers, which are formatted
 * when metrics are read.
 */
export class DurationCounts {
  /** Count of each bucket, not cumulative. The last one is for durations above all bounds. */
  readonly counts = new Float64Array(BOUNDS_MS.length + 1);
  #sumMs = 0;

  /** Hot: runs once for each request. Most are short, so the search from below ends soon. */
  record(durationMs: number): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && durationMs > (BOUNDS_MS[bucket] ?? 0)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.#sumMs += durationMs;
  }

  /** Adds counts of the same buckets. */
  add(counts: Iterable<number>, sumMs: number): void {
    let bucket = 0;
    for (const count of counts) {
      this.counts[bucket] = (this.counts[bucket] ?? 0) + count;
      bucket += 1;
    }
    this.#sumMs += sumMs;
  }

  clear(): void {
    this.counts.fill(0);
    this.#sumMs = 0;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  get sumS(): number {
    return this.#sumMs / 1000;
  }
}
