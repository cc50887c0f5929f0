import { constants, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';

/** What bounds the work that compressed messages make (RFC 7692). */
export interface InflateLimits {
  /** A message may grow by this factor; up to `FREE_BYTES` by any. */
  readonly maxRatio: number;
  /**
   * What one connection may have inflated in a second beside `maxRatio` times what it sent. Above
   * it, it is read more slowly.
   */
  readonly bytesPerSecond: number;
}

/** What holds unless the configuration says otherwise. */
export const DEFAULT_INFLATE_LIMITS: InflateLimits = { maxRatio: 100, bytesPerSecond: 4 * 1024 * 1024 };

/** Up to this size a message may have any ratio: what it costs is bounded by `bytesPerSecond`. */
const FREE_BYTES = 1024 * 1024;
/** Messages of which a client may send this much at once, in seconds of `bytesPerSecond`. */
const BURST_SECONDS = 0.5;
/**
 * The share of the ratio that sent bytes earn: even at the largest allowed ratio a fast sender
 * costs more than it earns.
 */
const EARNED_SHARE = 1 / 4;
/**
 * All connections together may have inflated as much as this number of them, beyond what they earn.
 */
const SHARES_OF_ALL = 8;
/** Small messages are inflated at once: handing them to another thread costs more. */
const SYNC_BYTES = 4 * 1024;
const SYNC_MAX_BYTES = 64 * 1024;
/**
 * How many messages of all connections are inflated at the same time; zlib's threads also read and
 * write files.
 */
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

/** A message that waits; started with the bytes that it may inflate to. */
interface Job {
  readonly payload: Buffer;
  readonly maxBytes: number;
  readonly budget: InflateBudget;
  readonly done: (inflated: Inflated) => void;
}

/**
 * Inflates messages for all connections of a transport: bounded in size by a ratio, in rate for
 * each connection and for all together, and a few at a time. While all together are over their
 * rate, a message that inflates to no more than it earns still goes before.
 */
export class Inflater {
  readonly #limits: InflateLimits;
  readonly #burst: number;
  /** What all connections together may have inflated beyond what they earn. */
  readonly #shared: InflateBudget;
  #running = 0;
  readonly #queue: Job[] = [];
  /** Those that inflate to more than they earn, and wait for the shared budget. */
  readonly #costly: Job[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: InflateLimits = DEFAULT_INFLATE_LIMITS) {
    this.#limits = limits;
    this.#burst = limits.bytesPerSecond * BURST_SECONDS;
    this.#shared = { bytes: this.#burst * SHARES_OF_ALL, atMs: performance.now() };
  }

  /** A connection's budget before its first message. */
  newBudget(): InflateBudget {
    return { bytes: this.#burst, atMs: performance.now() };
  }

  /**
   * The bytes of a small message; undefined when it is not small or has to wait: then `inflate`
   * does it.
   */
  inflateNow(payload: Buffer, maxBytes: number, budget: InflateBudget): Inflated | undefined {
    if (payload.length > SYNC_BYTES || this.#waitMs(budget) > 0) return undefined;
    const limit = Math.min(SYNC_MAX_BYTES, this.#limit(payload, maxBytes), this.#freeBytes(payload));
    try {
      const inflated = inflateRawSync(withTail(payload), optionsFor(limit, SMALL_CHUNK_BYTES));
      this.#book(budget, payload.length, inflated.length);
      return inflated;
    } catch (error) {
      return outcomeOf(error) === 'too-large' ? undefined : 'invalid';
    }
  }

  /**
   * Calls back once, later: when it is this connection's turn, and neither it nor all together have
   * had more inflated than they may.
   */
  inflate(payload: Buffer, { maxBytes, budget }: InflateTerms, done: (inflated: Inflated) => void): void {
    const start = (): void => {
      this.#queue.push({ payload, maxBytes, budget, done });
      this.#next();
    };
    const waitMs = this.#waitMs(budget);
    if (waitMs > 0) setTimeout(start, waitMs).unref();
    else start();
  }

  /** Starts what may start. */
  #next(): void {
    while (this.#running < CONCURRENCY) {
      const job = this.#queue.shift();
      if (job !== undefined) this.#run(job, this.#freeBytes(job.payload));
      else if (!this.#startCostly()) return;
    }
  }

  #startCostly(): boolean {
    if (this.#costly.length === 0 || this.#timer !== undefined) return false;
    const waitMs = this.#sharedWaitMs();
    if (waitMs <= 0) {
      const job = this.#costly.shift();
      if (job !== undefined) this.#run(job, Infinity);
      return true;
    }
    const goOn = (): void => {
      this.#timer = undefined;
      this.#next();
    };
    this.#timer = setTimeout(goOn, waitMs).unref();
    return false;
  }

  #run(job: Job, freeBytes: number): void {
    const { payload, maxBytes, budget, done } = job;
    this.#running += 1;
    const limit = this.#limit(payload, maxBytes);
    const options = optionsFor(Math.min(limit, freeBytes), LARGE_CHUNK_BYTES);
    inflateRaw(withTail(payload), options, (error, inflated) => {
      this.#running -= 1;
      const outcome = error === null ? inflated : outcomeOf(error);
      if (outcome === 'too-large' && freeBytes < limit) {
        this.#costly.push(job);
        this.#next();
        return;
      }
      this.#book(budget, payload.length, typeof outcome === 'string' ? limit : outcome.length);
      this.#next();
      done(outcome);
    });
  }

  #limit(payload: Buffer, maxBytes: number): number {
    return Math.min(maxBytes, Math.max(FREE_BYTES, payload.length * this.#limits.maxRatio));
  }

  /** What a message may inflate to without the shared budget having to bear it. */
  #freeBytes({ length }: Buffer): number {
    return this.#costly.length > 0 || this.#sharedWaitMs() > 0 ? Math.max(1, this.#earned(length)) : Infinity;
  }

  #earned(sentBytes: number): number {
    return Math.floor(sentBytes * this.#limits.maxRatio * EARNED_SHARE);
  }

  #waitMs(budget: InflateBudget): number {
    return waitFor(budget, this.#limits.bytesPerSecond, this.#burst);
  }

  #sharedWaitMs(): number {
    return waitFor(this.#shared, this.#limits.bytesPerSecond * SHARES_OF_ALL, this.#burst * SHARES_OF_ALL);
  }

  #book(budget: InflateBudget, sentBytes: number, inflatedBytes: number): void {
    const costs = inflatedBytes - this.#earned(sentBytes);
    budget.bytes = Math.min(budget.bytes - costs, this.#burst);
    this.#shared.bytes -= Math.max(0, costs);
  }
}

/** Adds what time has brought; the time until nothing is owed any more. */
function waitFor(budget: InflateBudget, bytesPerSecond: number, burst: number): number {
  const now = performance.now();
  budget.bytes = Math.min(burst, budget.bytes + ((now - budget.atMs) / 1000) * bytesPerSecond);
  budget.atMs = now;
  return budget.bytes >= 0 ? 0 : (-budget.bytes / bytesPerSecond) * 1000;
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
