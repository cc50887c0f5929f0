import type { Clock } from '../../core/clock.js';
import { HttpCaller, type BackendAnswer } from './http-caller.js';

/** Minimum time between fetches for tokens with unknown keys. */
const COOL_DOWN_MS = 30_000;
/** Age after which the set is always fetched again, so that withdrawn keys are dropped. */
const MAX_AGE_MS = 600_000;

/** A fetched set of keys: finds the key of a token in what `reload` fetched last. */
interface FetchedKeys<H, T, K> {
  (header: H, token: T): Promise<K>;
  /** Fetches the set. Concurrent calls share one request. */
  reload(): Promise<void>;
}

export interface RemoteKeySetOptions<H, T, K> {
  /** Must not fetch by itself. */
  readonly keys: FetchedKeys<H, T, K>;
  /** Whether `keys` rejected because it does not know the key. */
  readonly isUnknownKey: (thrown: unknown) => boolean;
  readonly clock: Clock;
}

/**
 * Fetches a set of keys when it is needed and too old. Its age is measured by the monotonic clock.
 * With the wall clock, which libraries use, setting the clock back would keep withdrawn keys valid
 * and new keys unknown for that long.
 */
export class RemoteKeySet<H, T, K> {
  readonly #options: RemoteKeySetOptions<H, T, K>;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RemoteKeySetOptions<H, T, K>) {
    this.#options = options;
  }

  /** Finds the key of a token. Rejects like `keys`, or when they cannot be fetched. */
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

const MAX_KEY_SET_BYTES = 1024 * 1024;

/**
 * Fetches a key set; does not follow redirects. Rejects when there is no answer before the signal
 * aborts.
 */
export function getKeySet(url: string, signal: AbortSignal): Promise<BackendAnswer> {
  const headers = { accept: 'application/json, application/jwk-set+json' };
  return new HttpCaller({ keepAlive: false }).call({
    url,
    method: 'GET',
    headers,
    maxAnswerBytes: MAX_KEY_SET_BYTES,
    signal,
  });
}

/** The same, with the signature that jose expects. */
export async function fetchKeySet(url: string, { signal }: { readonly signal: AbortSignal }): Promise<Response> {
  const { status, body } = await getKeySet(url, signal);
  return new Response(status === 200 ? body : null, { status });
}
