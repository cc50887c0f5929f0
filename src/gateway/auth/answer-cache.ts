interface Kept<V> {
  readonly value: V;
  readonly untilMs: number;
}

/** Answers that hold for a while: bounded, the one that was asked for least recently goes first. */
export class AnswerCache<V> {
  readonly #maxEntries: number;
  readonly #kept = new Map<string, Kept<V>>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#kept.size;
  }

  get(key: string, nowMs: number): V | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    if (kept.untilMs <= nowMs) return undefined;
    this.#kept.set(key, kept);
    return kept.value;
  }

  set(key: string, value: V, untilMs: number): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, untilMs });
    if (this.#kept.size <= this.#maxEntries) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      break;
    }
  }
}
