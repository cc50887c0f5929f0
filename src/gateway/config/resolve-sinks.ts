import { join } from 'node:path';
import type { ConfigFile } from './config-schema.js';
import { given, givenPath } from './resolve-access.js';
import type { MirrorConfig, OutboxConfig, SinksConfig } from './sink-config.js';

/** The sinks whose address is given; the embedded one when there is no other, or when asked for. */
export function resolveSinks(file: ConfigFile): SinksConfig {
  const sinks = { redis: redis(file), amqp: amqp(file), nats: nats(file), webhook: webhook(file) };
  const isAlone = Object.values(sinks).every((sink) => sink === undefined);
  return { ...sinks, embedded: file.events.enabled ?? isAlone };
}

export function resolveOutbox({ outbox }: ConfigFile, baseDir: string): OutboxConfig {
  const dir = givenPath(outbox.dir, baseDir);
  return {
    maxBytes: outbox.max_bytes,
    maxEvents: outbox.max_events,
    dir,
    durability: outbox.durability,
    fsync: outbox.fsync,
    fsyncIntervalMs: outbox.fsync_interval_ms,
    maxDiskBytes: outbox.max_disk_bytes,
    segmentBytes: outbox.segment_bytes,
    damaged: outbox.damaged,
    connectionShare: outbox.connection_share,
    optionalMaxBytes: outbox.optional_max_bytes,
    lanes: {
      suspectTries: outbox.suspect_tries,
      suspectAfterMs: outbox.suspect_after_s * 1000,
      destinationWaitMs: outbox.destination_wait_s * 1000,
    },
    silentAfterMs: outbox.silent_after_s * 1000,
    deadLetterDir: givenPath(outbox.dead_letter_dir, baseDir) ?? join(dir ?? baseDir, 'dead-letters'),
    deadLetterMaxBytes: outbox.dead_letter_max_bytes,
    deadLetterPolicy: outbox.dead_letter_policy,
  };
}

export function resolveMirror(file: ConfigFile): MirrorConfig | undefined {
  const { addr } = file.connection_redis_sync;
  return addr === '' ? undefined : { addr, ttlMs: file.mirror.ttl_s * 1000 };
}

function redis({ stream_redis: { addr, ...sink } }: ConfigFile): SinksConfig['redis'] {
  if (addr === '') return undefined;
  return {
    addr,
    streamName: sink.stream_name,
    eventIdField: given(sink.event_id_field),
    closeReasonField: given(sink.close_reason_field),
    maxLen: sink.max_len,
    required: sink.required,
  };
}

function amqp({ stream_amqp: { addr, ...sink } }: ConfigFile): SinksConfig['amqp'] {
  if (addr === '') return undefined;
  const { exchange, queue, routing_key, headers, required } = sink;
  return { addr, exchange, queue: given(queue), routingKey: routing_key, headers, required };
}

function nats({ stream_nats: { addr, stream, subject, required } }: ConfigFile): SinksConfig['nats'] {
  return addr === '' ? undefined : { addr, stream, subject, required };
}

function webhook({ stream_webhook: { url, ...sink } }: ConfigFile): SinksConfig['webhook'] {
  if (url === '') return undefined;
  return {
    url,
    secret: given(sink.secret),
    headers: sink.headers,
    maxBatchEvents: sink.max_batch_events,
    maxBatchBytes: sink.max_batch_bytes,
    timeoutMs: sink.timeout_s * 1000,
    required: sink.required,
  };
}
