import { BackendRefusal, clusterRefusal } from '../../core/backend-refusal.js';
import { RedisError } from './redis-error.js';
import type { RedisPipeline } from './redis-pipeline.js';
import { encodeCommand } from './resp-reader.js';

/** Only nodes of a Cluster say these. */
const CLUSTER_CODES: ReadonlySet<string> = new Set(['MOVED', 'ASK', 'CROSSSLOT', 'CLUSTERDOWN']);

/**
 * Queues commands in a transaction and discards it: Redis looks at rights, keys and memory as if
 * they were run, and writes nothing. Rejects with a `BackendRefusal` or `RedisError` when it would
 * not take one of them.
 */
export async function tryCommands(pipeline: RedisPipeline, commands: readonly (readonly string[])[]): Promise<void> {
  const replies = await pipeline.call([['MULTI'], ...commands, ['DISCARD']].map(encodeCommand));
  for (const reply of replies.slice(0, -1)) {
    if (!(reply instanceof RedisError)) continue;
    if (CLUSTER_CODES.has(reply.code)) throw clusterRefusal(reply);
    // A command that was renamed, or that came with a newer version.
    if (reply.message.startsWith('ERR unknown command')) throw new BackendRefusal(reply.message, { cause: reply });
    throw reply;
  }
}
