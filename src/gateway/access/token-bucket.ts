const MS_PER_S = 1000;

/** An allowance that fills up again: one second's worth at most waits to be used. */
export class TokenBucket {
  readonly #perSecond: number;
  #tokens: number;
  #filledAtMs: number;

  /** Full at first. Times are of one monotonic clock. */
  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledAtMs = nowMs;
  }

  /**
   * Takes `count` tokens when they are there. More than a second's worth takes a full bucket and
   * leaves it in debt, so that no size is impossible.
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
