import { z } from 'zod';
import { maskUrl } from '../../../core/masked-url.js';
import { redisAddr, redisAddrWarnings, redisPlace } from '../../redis/redis-addr.js';
import { template } from '../../template/template.js';
import { defineSink, required } from '../sink-definition.js';
import { RedisSink, type RedisSinkConfig } from './redis-sink.js';

const keys = z
  .object({
    addr: redisAddr.describe('`redis://`, `rediss://` or `unix://` URL as go-redis takes it; off when empty.'),
    stream_name: template(z.string()).describe('Stream; may be a template.').default('connectionevents'),
    event_id_field: z.string().default('').describe('Field for the id of the event; none when empty.'),
    close_reason_field: z
      .string()
      .default('')
      .describe('Field of close entries for the reason of the close; none when empty.'),
    max_len: z.int().min(0).default(0).describe('Approximate bound on the entries of the stream; 0: none.'),
    required,
  })
  .prefault({})
  .describe('Redis Streams sink.');

/** Redis Streams. */
export const redisDefinition = defineSink({
  name: 'redis',
  keys,
  secretKeys: ['addr'],
  resolve: ({ addr, ...sink }): RedisSinkConfig | undefined => {
    if (addr === '') return undefined;
    return {
      addr,
      streamName: sink.stream_name,
      eventIdField: sink.event_id_field || undefined,
      closeReasonField: sink.close_reason_field || undefined,
      maxLen: sink.max_len,
    };
  },
  warnings: ({ addr }) => redisAddrWarnings(addr),
  address: ({ addr }) => maskUrl(addr),
  describe: ({ addr }) => ({ address: redisPlace(addr) }),
  classicLine: (address) => `Connecting to redis for streaming at ${address}`,
  destination: { key: 'stream_name', template: ({ streamName }) => streamName },
  mayRefuse: true,
  create: (config, deps) => new RedisSink(config, deps),
});
