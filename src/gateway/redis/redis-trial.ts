import { BackendRefusal, clusterRefusal } from '../../core/backend-refusal.js';
import { RedisError } from './redis-error.js';
import type { RedisPipeline } from './redis-pipeline.js';
import { encodeCommand } from './resp-reader.js';

/** Error codes that only nodes of a Cluster send. */
const CLUSTER_CODES: ReadonlySet<string> = new Set(['MOVED', 'ASK', 'CROSSSLOT', 'CLUSTERDOWN']);

/**
 * Queues commands in a transaction and discards it: Redis checks rights, keys and memory as if they
 * were run, and writes nothing. Rejects with a `BackendRefusal` or `RedisError` when Redis would
 * refuse one of them.
 */
export async function tryCommands(pipeline: RedisPipeline, commands: readonly (readonly string[])[]): Promise<void> {
  const replies = await pipeline.call([['MULTI'], ...commands, ['DISCARD']].map(encodeCommand));
  for (const reply of replies.slice(0, -1)) {
    if (!(reply instanceof RedisError)) continue;
    if (CLUSTER_CODES.has(reply.code)) throw clusterRefusal(reply);
    // A command that was renamed, or that needs a newer version.
    if (reply.message.startsWith('ERR unknown command')) throw new BackendRefusal(reply.message, { cause: reply });
    throw reply;
  }
}
