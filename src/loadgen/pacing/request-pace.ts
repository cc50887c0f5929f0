const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MS = 1_000_000;

/**
 * k6's `rps`: at most so many requests a second, of all virtual users in all threads. Unused turns
 * are not saved up.
 */
export class RequestPace {
  /** When the next request may be sent, by `process.hrtime`. */
  readonly #next: BigInt64Array;
  readonly #periodNs: bigint;

  /** `memory` is what all threads share: `RequestPace.memory()`. */
  constructor(perSecond: number, memory: SharedArrayBuffer) {
    this.#periodNs = NS_PER_SECOND / BigInt(perSecond);
    this.#next = new BigInt64Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  }

  /** Takes the next turn; gives how long to wait for it: milliseconds. */
  take(nowNs = process.hrtime.bigint()): number {
    for (;;) {
      const next = Atomics.load(this.#next, 0);
      const turn = next > nowNs ? next : nowNs;
      if (Atomics.compareExchange(this.#next, 0, next, turn + this.#periodNs) === next)
        return Number(turn - nowNs) / NS_PER_MS;
    }
  }
}
