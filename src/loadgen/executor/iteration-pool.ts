/** Numbers the iterations of a scenario over all threads, in memory that they share. */
export class IterationPool {
  private readonly taken: BigInt64Array;

  /** `memory` is that of the pool of another thread; a new one without. */
  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.taken = new BigInt64Array(memory);
  }

  /** The next number, from 0; undefined when `limit` are taken. */
  take(limit = Number.POSITIVE_INFINITY): number | undefined {
    const number = Number(Atomics.add(this.taken, 0, 1n));
    return number < limit ? number : undefined;
  }

  /** How many of `limit` nobody took; nobody can after. */
  takeRest(limit: number): number {
    return Math.max(0, limit - Number(Atomics.exchange(this.taken, 0, BigInt(limit))));
  }
}
