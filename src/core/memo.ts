/** Longer keys are computed each time: they would make the bound on entries no bound on memory. */
const MAX_KEY_LENGTH = 2048;

/**
 * Remembers what a pure function made of recent keys. Holds at most so many and then begins anew,
 * which costs no bookkeeping at each use.
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
