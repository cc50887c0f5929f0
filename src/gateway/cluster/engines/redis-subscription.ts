import type { Clock } from '../../../core/clock.js';
import { RedisPipeline } from '../../redis/redis-pipeline.js';
import type { RedisAddress } from '../../redis/redis-url.js';
import { encodeCommand } from '../../redis/resp-reader.js';
import { RedisMessageReader } from './redis-message-reader.js';
import { SilenceWatch } from './silence-watch.js';

export interface RedisSubscriptionDeps {
  readonly clock: Clock;
  /** Takes each payload. */
  readonly received: (bytes: Uint8Array) => void;
  /** Called once when the open connection ends without `close`. */
  readonly lost: (reason: string) => void;
}

/** A bound on what is kept for one unfinished message. Nodes send at most 1 MiB. */
const MOST_PAYLOAD_BYTES = 64 * 1024 * 1024;
const PING = encodeCommand(['PING']);

/** The connection to Redis that is subscribed. */
export class RedisSubscription {
  readonly #deps: RedisSubscriptionDeps;
  readonly #pipeline: RedisPipeline;
  readonly #watch: SilenceWatch;
  #isClosed = false;
  #chunks = 0;
  #rejectOpening: (error: Error) => void = () => undefined;

  constructor(address: RedisAddress, deps: RedisSubscriptionDeps) {
    this.#deps = deps;
    this.#pipeline = new RedisPipeline(address, deps.clock, (reason) => this.#ended(reason));
    this.#watch = new SilenceWatch({
      clock: deps.clock,
      ping: () => this.#pipeline.write(PING),
      progress: () => this.#chunks,
      silent: (reason) => this.#pipeline.close(reason),
    });
  }

  /** Connects and subscribes. Rejects with a `RedisError` when Redis refuses a channel. */
  async open(channels: readonly string[]): Promise<void> {
    await this.#pipeline.connect();
    const subscribed = this.#read(channels.length);
    this.#pipeline.write(encodeCommand(['SUBSCRIBE', ...channels]));
    // A Redis that takes the command and says nothing is found too.
    this.#watch.start();
    await subscribed;
  }

  close(reason = 'it was closed'): void {
    this.#isClosed = true;
    this.#pipeline.close(reason);
    this.#watch.stop();
    this.#rejectOpening(new Error(reason));
  }

  #read(channels: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#rejectOpening = reject;
      let left = channels;
      const listener = {
        message: this.#deps.received,
        subscribed: () => {
          left -= 1;
          if (left === 0) resolve();
        },
        // A refusal also shows that Redis answers: the user may have no right to PING.
        failed: (error: Error) => {
          if (left > 0) reject(error);
        },
      };
      const reader = new RedisMessageReader(listener, MOST_PAYLOAD_BYTES);
      this.#pipeline.passBytesTo((chunk) => {
        this.#chunks += 1;
        reader.push(chunk);
      });
    });
  }

  #ended(reason: string): void {
    this.#watch.stop();
    this.#rejectOpening(new Error(reason));
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#deps.lost(reason);
  }
}
