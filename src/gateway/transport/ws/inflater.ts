import { constants, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';

/** Limits on the work that compressed messages cause (RFC 7692). */
export interface InflateLimits {
  /** Maximum factor by which a message may grow; up to `FREE_BYTES` any factor is allowed. */
  readonly maxRatio: number;
  /**
   * Bytes that one connection may have inflated per second in addition to what it earns by sending.
   * Above it, the connection is read more slowly.
   */
  readonly bytesPerSecond: number;
}

/** The limits without a configuration. */
export const DEFAULT_INFLATE_LIMITS: InflateLimits = { maxRatio: 100, bytesPerSecond: 4 * 1024 * 1024 };

/** Up to this size a message may have any ratio; its cost is limited by `bytesPerSecond`. */
const FREE_BYTES = 1024 * 1024;
/** Burst that a client may send at once, in seconds of `bytesPerSecond`. */
const BURST_SECONDS = 0.5;
/**
 * Share of the ratio that sent bytes earn: even at the largest allowed ratio, a fast sender costs
 * more than it earns.
 */
const EARNED_SHARE = 1 / 4;
/** Budget of all connections together, beyond what they earn, in budgets of one connection. */
const SHARES_OF_ALL = 8;
/** Small messages are inflated synchronously: passing them to another thread costs more. */
const SYNC_BYTES = 4 * 1024;
const SYNC_MAX_BYTES = 64 * 1024;
/**
 * Messages of all connections that are inflated at the same time; zlib's threads also serve file
 * I/O.
 */
const CONCURRENCY = 2;
/** Bytes appended to a message before it is inflated (RFC 7692 7.2.2). */
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);
const SMALL_CHUNK_BYTES = 16 * 1024;
const LARGE_CHUNK_BYTES = 128 * 1024;

/** The result of inflating: the bytes, or why there are none. */
export type Inflated = Buffer | 'too-large' | 'invalid';

/** The remaining budget of one connection. */
export interface InflateBudget {
  /** Negative while the connection has to wait. */
  bytes: number;
  /** Monotonic time of the last refill, in ms. */
  atMs: number;
}

/** A message that waits to be inflated. */
interface Job {
  readonly payload: Buffer;
  readonly maxBytes: number;
  readonly budget: InflateBudget;
  readonly done: (inflated: Inflated) => void;
}

/**
 * Inflates messages for all connections of a transport, a few at a time. The size is limited by a
 * ratio; the rate is limited per connection and for all together. While all together exceed their
 * rate, messages that inflate to no more than they earn still pass.
 */
export class Inflater {
  readonly #limits: InflateLimits;
  readonly #burst: number;
  /** The budget of all connections together, beyond what they earn. */
  readonly #shared: InflateBudget;
  #running = 0;
  readonly #queue: Job[] = [];
  /** Messages that inflate to more than they earn and wait for the shared budget. */
  readonly #costly: Job[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: InflateLimits = DEFAULT_INFLATE_LIMITS) {
    this.#limits = limits;
    this.#burst = limits.bytesPerSecond * BURST_SECONDS;
    this.#shared = { bytes: this.#burst * SHARES_OF_ALL, atMs: performance.now() };
  }

  /** Creates the budget of a new connection. */
  newBudget(): InflateBudget {
    return { bytes: this.#burst, atMs: performance.now() };
  }

  /**
   * Inflates a small message synchronously. Undefined when it is not small or has to wait; then use
   * `inflate`.
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
   * Inflates a message and calls back once, asynchronously, when the budgets of this connection and
   * of all together allow it.
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

  /** Starts the next messages. */
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

  /** Returns the size that a message may inflate to without using the shared budget. */
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

/** Refills the budget; returns the time in ms until it is no longer negative. */
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
  // zlib does not accept a limit of 0.
  return { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: Math.max(1, maxOutputLength), chunkSize };
}

function outcomeOf(error: unknown): 'too-large' | 'invalid' {
  const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
  return isTooLarge ? 'too-large' : 'invalid';
}
