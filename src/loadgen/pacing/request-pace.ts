const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MS = 1_000_000;

/**
 * k6's `rps`: the maximum rate of requests a second over all virtual users in all threads. Unused
 * turns are not saved up.
 */
export class RequestPace {
  /** The earliest time of the next request, by `process.hrtime`. */
  readonly #next: BigInt64Array;
  readonly #periodNs: bigint;

  /** `memory` is shared by all threads: `RequestPace.memory()`. */
  constructor(perSecond: number, memory: SharedArrayBuffer) {
    this.#periodNs = NS_PER_SECOND / BigInt(perSecond);
    this.#next = new BigInt64Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  }

  /** Takes the next turn; returns the time to wait for it: milliseconds. */
  take(nowNs = process.hrtime.bigint()): number {
    for (;;) {
      const next = Atomics.load(this.#next, 0);
      const turn = next > nowNs ? next : nowNs;
      if (Atomics.compareExchange(this.#next, 0, next, turn + this.#periodNs) === next)
        return Number(turn - nowNs) / NS_PER_MS;
    }
  }
}
