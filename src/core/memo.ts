/** Longer keys are not cached, so that the limit on entries also limits the memory. */
const MAX_KEY_LENGTH = 2048;

/**
 * Caches the results of a pure function. At the maximum number of entries the cache is cleared,
 * which needs no bookkeeping per access.
 */
export class Memo<V> {
  readonly #maxEntries: number;
  readonly #compute: (key: string) => V;
  readonly #maxKeyLength: number;
  readonly #values = new Map<string, V>();

  constructor(maxEntries: number, compute: (key: string) => V, maxKeyLength = MAX_KEY_LENGTH) {
    this.#maxEntries = maxEntries;
    this.#compute = compute;
    this.#maxKeyLength = maxKeyLength;
  }

  get(key: string): V {
    const known = this.#values.get(key);
    if (known !== undefined || key.length > this.#maxKeyLength) return known ?? this.#compute(key);
    const value = this.#compute(key);
    if (this.#values.size >= this.#maxEntries) this.#values.clear();
    this.#values.set(key, value);
    return value;
  }
}
