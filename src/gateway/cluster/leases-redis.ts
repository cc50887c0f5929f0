import type { Clock } from '../../core/clock.js';
import { formatNode } from '../connection/connection-id.js';
import { RedisError } from '../redis/redis-error.js';
import { RedisPipeline } from '../redis/redis-pipeline.js';
import { redisAddress } from '../redis/redis-url.js';
import { encodeCommand, RespArray, type RespReply } from '../redis/resp-reader.js';
import { redisRefusal } from './engines/engine-refusal.js';
import { LEASE_MS, type LeaseStore } from './leases-store.js';

export interface RedisLeaseOptions {
  /** Holds credentials: never to be logged. */
  readonly addr: string;
  readonly cluster: string;
  /** Identifies this process; the value of the key. */
  readonly holder: string;
}

const REPLY_TIMEOUT_MS = 5_000;
/** Numbers that one MGET looks at. */
const BLOCK = 64;
const LAST_NUMBER = 0xffff;
const RENEW = `local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`;

/** Leases as keys `wsg:<cluster>:node:<number>` with a time to live. */
export class RedisLeaseStore implements LeaseStore {
  readonly #options: RedisLeaseOptions;
  readonly #pipeline: RedisPipeline;

  constructor(options: RedisLeaseOptions, clock: Clock) {
    this.#options = options;
    this.#pipeline = new RedisPipeline({ ...redisAddress(options.addr), replyTimeoutMs: REPLY_TIMEOUT_MS }, clock);
  }

  /** Looks until a block has a free number. */
  async taken(): Promise<ReadonlySet<number>> {
    const taken = new Set<number>();
    for (let first = 1; first <= LAST_NUMBER; first += BLOCK) {
      const numbers = Array.from({ length: Math.min(BLOCK, LAST_NUMBER + 1 - first) }, (_, index) => first + index);
      const reply = await this.#call(['MGET', ...numbers.map((number) => this.#key(number))]);
      const holders = reply instanceof RespArray ? reply.values : [];
      const held = numbers.filter((_, index) => (holders[index] ?? '') !== '');
      for (const number of held) taken.add(number);
      if (held.length < numbers.length) break;
    }
    return taken;
  }

  async take(number: number): Promise<boolean> {
    const reply = await this.#call(['SET', this.#key(number), this.#options.holder, 'NX', 'PX', String(LEASE_MS)]);
    return reply === 'OK';
  }

  async renew(number: number): Promise<boolean> {
    const reply = await this.#call(['EVAL', RENEW, '1', this.#key(number), this.#options.holder, String(LEASE_MS)]);
    return reply === 1;
  }

  async release(number: number): Promise<void> {
    await this.#call(['EVAL', RELEASE, '1', this.#key(number), this.#options.holder]);
  }

  close(): Promise<void> {
    this.#pipeline.close();
    return Promise.resolve();
  }

  #key(number: number): string {
    return `wsg:${this.#options.cluster}:node:${formatNode(number)}`;
  }

  async #call(command: readonly string[]): Promise<RespReply> {
    try {
      await this.#pipeline.connect();
      const [reply = ''] = await this.#pipeline.call([encodeCommand(command)]);
      if (reply instanceof RedisError) throw reply;
      return reply;
    } catch (error) {
      const { addr, cluster } = this.#options;
      throw redisRefusal(error, addr, `~wsg:${cluster}:node:* +mget +set +get +del +eval`);
    }
  }
}
