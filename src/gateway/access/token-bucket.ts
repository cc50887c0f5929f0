const MS_PER_S = 1000;

/** A token bucket with a capacity of one second's worth. */
export class TokenBucket {
  readonly #perSecond: number;
  #tokens: number;
  #filledAtMs: number;

  /** Starts full. All times must be of one monotonic clock. */
  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledAtMs = nowMs;
  }

  /**
   * Takes `count` tokens if available. More than a second's worth needs a full bucket and leaves it
   * in debt, so that any size is possible.
   */
  take(count: number, nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens < Math.min(count, this.#perSecond)) return false;
    this.#tokens -= count;
    return true;
  }

  #fill(nowMs: number): void {
    const gained = ((nowMs - this.#filledAtMs) / MS_PER_S) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + gained);
    this.#filledAtMs = nowMs;
  }
}
