import { z } from 'zod';
import { DEFAULT_RING_LIMITS } from '../sinks/memory/memory-sink.js';
import {
  redisAddr,
  amqpAddr,
  amqpName,
  natsAddr,
  natsStream,
  natsSubject,
  webhookHeaders,
  webhookUrl,
} from './sink-addr.js';
import { template } from './template-schema.js';
import { DEFAULT_OUTBOX_LIMITS } from '../config/sink-config.js';

const MIB = 1024 * 1024;

const required = z
  .boolean()
  .default(true)
  .describe('A required sink that is away holds the outbox; an optional one is cut off at its own bound and counted.');

/** The Redis Streams sink. */
const redisSink = z
  .object({
    addr: redisAddr.describe('`redis://`, `rediss://` or `unix://` URL as go-redis takes it; off when empty.'),
    stream_name: template(z.string()).describe('Stream; may be a template.').default('connectionevents'),
    event_id_field: z.string().default('').describe('Field that carries the id of the event; none when empty.'),
    close_reason_field: z
      .string()
      .default('')
      .describe('Field of close entries that carries why the connection ended; none when empty.'),
    max_len: z.int().min(0).default(0).describe('Approximate bound on the entries of the stream; 0: none.'),
    required,
  })
  .prefault({})
  .describe('Redis Streams sink.');

/** The AMQP 0-9-1 sink. */
const amqpSink = z
  .object({
    addr: amqpAddr.describe('`amqp://` or `amqps://` URL; off when empty.'),
    exchange: amqpName
      .default('')
      .describe('Topic exchange, declared durable when named; empty: the default exchange.'),
    queue: amqpName
      .default('')
      .describe('Queue that is declared durable and bound to a named exchange with `#`; none when empty.'),
    routing_key: template(amqpName)
      .describe('Routing key; may be a template. Empty with the default exchange: the name of the queue.')
      .default(''),
    headers: z.record(z.string(), z.string()).default({}).describe('Headers of each message.'),
    required,
  })
  .refine(({ addr, exchange, queue, routing_key }) => addr === '' || exchange + queue + routing_key !== '', {
    error: 'must name an exchange, a queue or a routing key: nothing would take the messages',
  })
  .prefault({})
  .describe('AMQP 0-9-1 sink.');

/** The NATS JetStream sink. */
const natsSink = z
  .object({
    addr: natsAddr.describe('`nats://` or `tls://` URL, or several with commas, credentials included; off when empty.'),
    stream: natsStream.default('connectionevents').describe('JetStream stream; made when it does not exist.'),
    subject: template(natsSubject).describe('Subject; may be a template.').default('connectionevents'),
    required,
  })
  .prefault({})
  .describe('NATS JetStream sink.');

/** The webhook sink. */
const webhookSink = z
  .object({
    url: webhookUrl.describe('`http://` or `https://` URL that batches are posted to; off when empty.'),
    secret: z.string().default('').describe('Key of the HMAC-SHA256 signature of each request; unsigned when empty.'),
    headers: webhookHeaders.default({}).describe('Headers of each request.'),
    max_batch_events: z.int().min(1).max(10_000).default(500).describe('Most events of one request.'),
    max_batch_bytes: z
      .int()
      .min(1024)
      .default(MIB)
      .describe('Most bytes of one request, except that a single larger event has one of its own.'),
    timeout_s: z.number().min(0.1).max(300).default(10).describe('Longest wait for an answer.'),
    required,
  })
  .prefault({})
  .describe('Webhook sink.');

const outbox = z
  .object({
    max_bytes: z
      .int()
      .min(1024)
      .default(DEFAULT_OUTBOX_LIMITS.maxBytes)
      .describe('Bound on the events in memory that wait for a sink.'),
    max_events: z.int().min(1).default(DEFAULT_OUTBOX_LIMITS.maxEvents).describe('Bound on their number.'),
    dir: z
      .string()
      .default('')
      .describe('Folder of the log on disk, relative to this file; empty: memory alone. One gateway a folder.'),
    durability: z
      .enum(['memory', 'disk'])
      .default('memory')
      .describe(
        '`disk` writes each event before a sink sees it; `memory` writes only what a lagging sink leaves over.',
      ),
    fsync: z
      .enum(['always', 'interval', 'never'])
      .default('interval')
      .describe('When what was written is forced to the device.'),
    fsync_interval_ms: z.int().min(1).max(60_000).default(100).describe('Longest wait with `fsync: interval`.'),
    max_disk_bytes: z
      .int()
      .min(MIB)
      .default(1024 * MIB)
      .describe('Bound on the log; at the bound clients are held back.'),
    segment_bytes: z
      .int()
      .min(65_536)
      .default(16 * MIB)
      .describe('Size at which the log begins a new file.'),
    damaged: z
      .enum(['skip', 'strict'])
      .default('skip')
      .describe(
        'What a start does when the log is damaged before its end: `skip` delivers what can be read, reports the rest as an error and keeps a copy; `strict` ends.',
      ),
    connection_share: z
      .number()
      .min(0.01)
      .max(1)
      .default(0.5)
      .describe(
        'Share of the bound that the events of one connection may take (of max_disk_bytes with dir, else of max_bytes and max_events): above it this client alone is paused, or closed with 1013 where the transport cannot pause. 1: all of it.',
      ),
    optional_max_bytes: z
      .int()
      .min(1024)
      .default(16 * MIB)
      .describe('What may wait for a sink that is not required before it misses events.'),
    suspect_tries: z
      .int()
      .min(2)
      .max(1_000)
      .default(10)
      .describe('Tries of an event that gets no clear answer while others pass, before it goes to the dead letters.'),
    suspect_after_s: z.number().min(0).max(86_400).default(120).describe('How long such an event is tried at least.'),
    destination_wait_s: z
      .number()
      .min(1)
      .max(604_800)
      .default(900)
      .describe('How long an event waits for a destination that is away while others take theirs.'),
    silent_after_s: z
      .number()
      .min(1)
      .max(3_600)
      .default(30)
      .describe('A sink that has not acknowledged what it was offered for this time counts as away.'),
    dead_letter_dir: z
      .string()
      .default('')
      .describe(
        'Folder for events that a sink refuses for good; empty: `dead-letters` in `outbox.dir`, else beside this file.',
      ),
    dead_letter_max_bytes: z
      .int()
      .min(65_536)
      .default(1024 * MIB)
      .describe("Bound on each sink's dead letters; one batch may go beyond it."),
    dead_letter_policy: z
      .enum(['block', 'drop-oldest'])
      .default('block')
      .describe(
        'At that bound: with `block` the sink counts as away until there is room, and nothing is lost; `drop-oldest` removes the oldest dead letters, counted.',
      ),
  })
  .superRefine(({ durability, dir }, context) => {
    if (durability !== 'disk' || dir !== '') return;
    context.addIssue({ code: 'custom', path: ['durability'], message: "'disk' needs outbox.dir" });
  })
  .prefault({})
  .describe('What stands between events and sinks.');

const events = z
  .object({
    enabled: z.boolean().optional().describe('Serves `/events`. Unless said, only when no other sink is configured.'),
    ring_max_bytes: z
      .int()
      .min(1024)
      .default(DEFAULT_RING_LIMITS.maxBytes)
      .describe('Bytes of events kept for readers of `/events`.'),
    ring_max_events: z
      .int()
      .min(1)
      .default(DEFAULT_RING_LIMITS.maxEvents)
      .describe('Events kept for readers of `/events`.'),
  })
  .prefault({})
  .describe('The embedded sink.');

const connectionRedisSync = z
  .object({ addr: redisAddr.describe('Redis URL; off when empty.') })
  .prefault({})
  .describe('Mirror of connection state in Redis.');

const mirror = z
  .object({
    ttl_s: z
      .int()
      .min(5)
      .max(86_400)
      .default(120)
      .describe('Life of the keys of a node that is gone; refreshed while it lives.'),
  })
  .prefault({})
  .describe('How the mirror in Redis is kept.');

/** Keys that say where events and connection state go. */
export const sinkKeys = {
  outbox,
  events,
  connection_redis_sync: connectionRedisSync,
  mirror,
  stream_redis: redisSink,
  stream_amqp: amqpSink,
  stream_nats: natsSink,
  stream_webhook: webhookSink,
};
