import type { Clock } from '../../core/clock.js';

/** Tokens with unknown keys make the set be fetched again at most this often. */
const COOL_DOWN_MS = 30_000;
/** After this time it is fetched again without a reason, so that withdrawn keys go. */
const MAX_AGE_MS = 600_000;

/** A fetched set of keys: finds the key of a token, in what `reload` has fetched last. */
interface FetchedKeys<H, T, K> {
  (header: H, token: T): Promise<K>;
  /** Who asks while it fetches waits for the same answer. */
  reload(): Promise<void>;
}

export interface RemoteKeySetOptions<H, T, K> {
  /** Must not fetch by itself. */
  readonly keys: FetchedKeys<H, T, K>;
  /** Whether that rejected because it knows no such key. */
  readonly isUnknownKey: (thrown: unknown) => boolean;
  readonly clock: Clock;
}

/**
 * Fetches a set of keys when it is needed and too old. Its age goes by the monotonic clock: by the
 * wall clock, which libraries take, a clock that is set back would keep withdrawn keys and refuse
 * new ones for as long as it was set back.
 */
export class RemoteKeySet<H, T, K> {
  readonly #options: RemoteKeySetOptions<H, T, K>;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RemoteKeySetOptions<H, T, K>) {
    this.#options = options;
  }

  /** The key of a token. Rejects as the keys do, or when they cannot be fetched. */
  readonly keyOf = async (header: H, token: T): Promise<K> => {
    const { keys, isUnknownKey } = this.#options;
    if (this.#ageMs() >= MAX_AGE_MS) await this.#fetch();
    try {
      return await keys(header, token);
    } catch (thrown) {
      if (!isUnknownKey(thrown) || this.#ageMs() < COOL_DOWN_MS) throw thrown;
    }
    await this.#fetch();
    return keys(header, token);
  };

  #ageMs(): number {
    return this.#options.clock.now() - this.#fetchedAtMs;
  }

  async #fetch(): Promise<void> {
    await this.#options.keys.reload();
    this.#fetchedAtMs = this.#options.clock.now();
  }
}
