import { constants, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';

/** What bounds the work that compressed messages make (RFC 7692). */
export interface InflateLimits {
  /** A message may grow by this factor; up to `FREE_BYTES` by any. */
  readonly maxRatio: number;
  /** What one connection may have inflated in a second beside `maxRatio` times what it sent. Above it, it is read more slowly. */
  readonly bytesPerSecond: number;
}

/** What holds unless the configuration says otherwise. */
export const DEFAULT_INFLATE_LIMITS: InflateLimits = { maxRatio: 100, bytesPerSecond: 4 * 1024 * 1024 };

/** Up to this size a message may have any ratio: what it costs is bounded by `bytesPerSecond`. */
const FREE_BYTES = 1024 * 1024;
/** Messages of which a client may send this much at once, in seconds of `bytesPerSecond`. */
const BURST_SECONDS = 0.5;
/** The share of the ratio that sent bytes earn: even at the largest allowed ratio a fast sender costs more than it earns. */
const EARNED_SHARE = 1 / 4;
/** Small messages are inflated at once: handing them to another thread costs more. */
const SYNC_BYTES = 4 * 1024;
const SYNC_MAX_BYTES = 64 * 1024;
/** How many messages of all connections are inflated at the same time; zlib's threads also read and write files. */
const CONCURRENCY = 2;
/** What RFC 7692 7.2.2 puts at the end of a message before it is inflated. */
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);
const SMALL_CHUNK_BYTES = 16 * 1024;
const LARGE_CHUNK_BYTES = 128 * 1024;

/** What became of a message: its bytes, or why there are none. */
export type Inflated = Buffer | 'too-large' | 'invalid';

/** What one connection may still have inflated. */
export interface InflateBudget {
  /** Negative while it has to wait. */
  bytes: number;
  /** Monotonic, ms. */
  atMs: number;
}

/** Inflates messages for all connections of a transport: bounded in size by a ratio, in rate for each connection, and a few at a time in all. */
export class Inflater {
  readonly #limits: InflateLimits;
  #running = 0;
  readonly #queue: (() => void)[] = [];

  constructor(limits: InflateLimits = DEFAULT_INFLATE_LIMITS) {
    this.#limits = limits;
  }

  /** A connection's budget before its first message. */
  newBudget(): InflateBudget {
    return { bytes: this.#burst, atMs: performance.now() };
  }

  /** The bytes of a small message; undefined when it is not small or has to wait: then `inflate` does it. */
  inflateNow(payload: Buffer, maxBytes: number, budget: InflateBudget): Inflated | undefined {
    if (payload.length > SYNC_BYTES || this.#waitMs(budget) > 0) return undefined;
    const limit = Math.min(SYNC_MAX_BYTES, this.#limit(payload, maxBytes));
    try {
      const inflated = inflateRawSync(withTail(payload), optionsFor(limit, SMALL_CHUNK_BYTES));
      this.#book(budget, payload.length, inflated.length);
      return inflated;
    } catch (error) {
      return outcomeOf(error) === 'too-large' ? undefined : 'invalid';
    }
  }

  /** Calls back once, later: when it is this connection's turn, and it has not had more inflated than it may. */
  inflate(payload: Buffer, { maxBytes, budget }: InflateTerms, done: (inflated: Inflated) => void): void {
    const waitMs = this.#waitMs(budget);
    const start = () => this.#enqueue(() => this.#run(payload, { maxBytes, budget }, done));
    if (waitMs > 0) setTimeout(start, waitMs).unref();
    else start();
  }

  #enqueue(job: () => void): void {
    if (this.#running >= CONCURRENCY) this.#queue.push(job);
    else {
      this.#running += 1;
      job();
    }
  }

  #run(payload: Buffer, { maxBytes, budget }: InflateTerms, done: (inflated: Inflated) => void): void {
    const limit = this.#limit(payload, maxBytes);
    inflateRaw(withTail(payload), optionsFor(limit, LARGE_CHUNK_BYTES), (error, inflated) => {
      const outcome = error === null ? inflated : outcomeOf(error);
      this.#book(budget, payload.length, typeof outcome === 'string' ? limit : outcome.length);
      const next = this.#queue.shift();
      if (next === undefined) this.#running -= 1;
      else next();
      done(outcome);
    });
  }

  #limit(payload: Buffer, maxBytes: number): number {
    return Math.min(maxBytes, Math.max(FREE_BYTES, payload.length * this.#limits.maxRatio));
  }

  get #burst(): number {
    return this.#limits.bytesPerSecond * BURST_SECONDS;
  }

  #waitMs(budget: InflateBudget): number {
    const now = performance.now();
    budget.bytes = Math.min(this.#burst, budget.bytes + ((now - budget.atMs) / 1000) * this.#limits.bytesPerSecond);
    budget.atMs = now;
    return budget.bytes >= 0 ? 0 : (-budget.bytes / this.#limits.bytesPerSecond) * 1000;
  }

  #book(budget: InflateBudget, sentBytes: number, inflatedBytes: number): void {
    budget.bytes += sentBytes * this.#limits.maxRatio * EARNED_SHARE - inflatedBytes;
    budget.bytes = Math.min(budget.bytes, this.#burst);
  }
}

interface InflateTerms {
  readonly maxBytes: number;
  readonly budget: InflateBudget;
}

function withTail(payload: Buffer): Buffer {
  return Buffer.concat([payload, TAIL]);
}

function optionsFor(maxOutputLength: number, chunkSize: number): ZlibOptions {
  // Zero is no limit that zlib takes.
  return { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: Math.max(1, maxOutputLength), chunkSize };
}

function outcomeOf(error: unknown): 'too-large' | 'invalid' {
  const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
  return isTooLarge ? 'too-large' : 'invalid';
}
