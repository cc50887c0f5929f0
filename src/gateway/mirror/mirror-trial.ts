import { randomUUID } from 'node:crypto';
import { errorMessage, WsgError } from '../../core/error.js';
import { isRefusal } from '../redis/redis-error.js';
import type { RedisPipeline } from '../redis/redis-pipeline.js';
import { tryCommands } from '../redis/redis-trial.js';
import type { RedisAddress } from '../redis/redis-url.js';

/**
 * Connects, and finds out without writing whether Redis would let a mirror do all that it does.
 * Rejects with `sink.refused` when it says no, and with any other error when it is away.
 */
export async function tryMirror(pipeline: RedisPipeline, address: RedisAddress, node: string): Promise<void> {
  const key = `connection:${randomUUID()}`;
  const set = `wsg:node:${node}`;
  try {
    await pipeline.connect();
    await tryCommands(pipeline, [
      ['HSET', key, 'addr', ''],
      ['HDEL', `${key}:tags`, 'tag'],
      ['PEXPIRE', key, '1'],
      ['DEL', key, `${key}:tags`],
      ['SADD', set, key],
      ['SREM', set, key],
      ['SMEMBERS', `${set}:boots`],
      ['SET', `${set}:boot:${randomUUID()}`, '', 'PX', '1'],
      ['GET', `${set}:boot:${randomUUID()}`],
    ]);
  } catch (error) {
    throw isRefusal(error) ? mirrorRefusal(address, error) : error;
  }
}

/** Redis has answered the mirror and said no. */
export function mirrorRefusal({ shown }: RedisAddress, cause: unknown): WsgError {
  const message = `Redis at ${shown} refuses the mirror of connections: ${errorMessage(cause)}.`;
  return new WsgError('sink.refused', message, {
    hint: 'Look at connection_redis_sync in the configuration; its user needs the rights that docs/reference/redis.md lists.',
    cause,
  });
}
