import type { Clock } from '../../core/clock.js';
import { RedisPipeline } from '../redis/redis-pipeline.js';
import type { RedisAddress } from '../redis/redis-url.js';

/** A connection to Redis that is opened when it is needed, and used by one caller at a time. */
export class RedisSession {
  readonly #pipeline: RedisPipeline;
  #last: Promise<unknown> = Promise.resolve();

  constructor(address: RedisAddress, clock: Clock, onLost?: () => void) {
    this.#pipeline = new RedisPipeline(address, clock, onLost);
  }

  /**
   * Runs `work` after all earlier ones. Rejects with its error, or when Redis is away; the
   * connection is closed then, because replies may be outstanding.
   */
  run<T>(work: (pipeline: RedisPipeline) => Promise<T>): Promise<T> {
    const done = this.#last.then(() => this.#connected(work));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Ends the connection; what is under way fails. The next `run` opens another one. */
  close(): void {
    this.#pipeline.close('it is no longer needed');
  }

  async #connected<T>(work: (pipeline: RedisPipeline) => Promise<T>): Promise<T> {
    try {
      await this.#pipeline.connect();
      return await work(this.#pipeline);
    } catch (error) {
      this.#pipeline.close('a command failed');
      throw error;
    }
  }
}
