import { RedisError } from '../redis/redis-error.js';
import type { RedisPipeline } from '../redis/redis-pipeline.js';
import { encodeCommand, RespArray, type RespReply } from '../redis/resp-reader.js';

/** Sends commands and resolves to their replies. Rejects with the first error among them. */
export async function callAll(pipeline: RedisPipeline, commands: readonly (readonly string[])[]): Promise<RespReply[]> {
  if (commands.length === 0) return [];
  const replies = await pipeline.call(commands.map(encodeCommand));
  for (const reply of replies) if (reply instanceof RedisError) throw reply;
  return replies;
}

/** Sends commands as one transaction. Rejects when it was not executed as a whole. */
export async function callAtomically(pipeline: RedisPipeline, commands: readonly (readonly string[])[]): Promise<void> {
  const replies = await callAll(pipeline, [['MULTI'], ...commands, ['EXEC']]);
  const result = replies.at(-1);
  const failed = result instanceof RespArray ? result.errors[0]?.error : new Error('the transaction was not executed');
  if (failed !== undefined) throw failed;
}

/** Members of an array reply. */
export function texts(reply: RespReply | undefined): string[] {
  return reply instanceof RespArray ? reply.values.map(String) : [];
}
