import { randomUUID } from 'node:crypto';
import { errorMessage, WsgError } from '../../core/error.js';
import { isRefusal } from '../redis/redis-error.js';
import type { RedisPipeline } from '../redis/redis-pipeline.js';
import { tryCommands } from '../redis/redis-trial.js';
import type { RedisAddress } from '../redis/redis-url.js';

/**
 * Connects, and checks without writing whether Redis permits all commands of a mirror. Rejects with
 * `sink.refused` when it does not, and with any other error when Redis is unavailable. `more`: what
 * a cluster needs besides.
 */
export async function tryMirror(
  pipeline: RedisPipeline,
  address: RedisAddress,
  node: string,
  more: readonly (readonly string[])[] = [],
): Promise<void> {
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
      ...more,
    ]);
  } catch (error) {
    throw isRefusal(error) ? mirrorRefusal(address, error) : error;
  }
}

/** Error for a Redis that refuses a command of the mirror. */
export function mirrorRefusal({ shown }: RedisAddress, cause: unknown): WsgError {
  const message = `Redis at ${shown} refuses the mirror of connections: ${errorMessage(cause)}.`;
  return new WsgError('sink.refused', message, {
    hint: 'Check connection_redis_sync in the configuration: its user needs the permissions that docs/reference/redis.md lists.',
    cause,
  });
}
