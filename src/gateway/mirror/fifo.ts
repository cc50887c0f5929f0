/** Below this it is not worth to move what is left. */
const SPARED = 1_024;

/** First in, first out. What is taken is freed in steps, so that both ends cost O(1). */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The oldest, or undefined. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** Up to `count` of the oldest, which stay. */
  slice(count: number): T[] {
    const taken: T[] = [];
    for (let at = this.#head; at < this.#items.length && taken.length < count; at += 1) {
      const item = this.#items[at];
      if (item !== undefined) taken.push(item);
    }
    return taken;
  }

  /** Drops so many of the oldest. */
  drop(count: number): void {
    const end = Math.min(this.#head + count, this.#items.length);
    this.#items.fill(undefined, this.#head, end);
    this.#head = end;
    if (this.#head < SPARED || this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
