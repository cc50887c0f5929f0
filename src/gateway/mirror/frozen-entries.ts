import type { RedisPipeline } from '../redis/redis-pipeline.js';
import { RedisError } from '../redis/redis-error.js';
import { encodeCommand } from '../redis/resp-reader.js';
import { DELIVERED_FIELD, type ClusterKeys, type Member } from './cluster-keys.js';
import { callAll, texts } from './redis-calls.js';

/**
 * Fixes which connections of a member that was declared dead are closed by another node: those
 * whose entry is there now. Idempotent, whichever node calls it: the first call decides. True when
 * this was the first.
 */
export async function freezeEntries(pipeline: RedisPipeline, keys: ClusterKeys, member: Member): Promise<boolean> {
  const lost = keys.lost(member);
  const [renamed] = await pipeline.call([encodeCommand(['RENAMENX', keys.open(member), lost])]);
  // An error means that there are no entries.
  if (renamed instanceof RedisError && !renamed.message.includes('no such key')) throw renamed;
  const [marked] = await callAll(pipeline, [['HSETNX', lost, DELIVERED_FIELD, '0']]);
  return renamed === 1 || marked === 1;
}

/** Connections of a frozen member that are not closed yet. */
export async function frozenConnections(
  pipeline: RedisPipeline,
  keys: ClusterKeys,
  member: Member,
): Promise<readonly string[]> {
  const [fields] = await callAll(pipeline, [['HKEYS', keys.lost(member)]]);
  return texts(fields).filter((field) => field !== DELIVERED_FIELD);
}
