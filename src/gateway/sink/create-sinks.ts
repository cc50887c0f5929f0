import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import type { EventBoot } from '../event/event-id.js';
import { AmqpSink } from './amqp-sink.js';
import type { EventSink } from './event-sink.js';
import { MemorySink } from './memory-sink.js';
import { NatsSink } from './nats-sink.js';
import { RedisSink } from './redis-sink.js';
import { WebhookSink } from './webhook-sink.js';

/** What sinks are made with. */
export interface SinkSurroundings {
  readonly config: GatewayConfig;
  readonly boot: EventBoot;
  readonly clock: Clock;
  readonly log: Logger;
  /** How many events of earlier boots come before those of this one; none when it is missing. */
  readonly recovered?: () => number;
}

/** A sink, and whether the outbox waits for it. */
export interface ConfiguredSink {
  readonly sink: EventSink;
  readonly required: boolean;
}

/** All sinks of a gateway. */
export interface Sinks {
  readonly all: readonly ConfiguredSink[];
  /** The embedded one, when it is on: `/events` reads it. */
  readonly embedded: MemorySink | undefined;
}

/** Makes the sinks that the configuration turns on; none is started. */
export function createSinks({ config, boot, clock, log, recovered }: SinkSurroundings): Sinks {
  const embedded = config.sinks.embedded
    ? new MemorySink({ boot, clock, limits: config.ring, ...(recovered && { recovered }) })
    : undefined;
  const all: ConfiguredSink[] = [];
  if (embedded !== undefined) all.push({ sink: embedded, required: true });
  const { redis, amqp, nats, webhook } = config.sinks;
  if (redis !== undefined) all.push({ sink: new RedisSink(redis, clock), required: redis.required });
  if (amqp !== undefined) all.push({ sink: new AmqpSink(amqp, clock), required: amqp.required });
  if (nats !== undefined) all.push({ sink: new NatsSink({ config: nats, clock, log }), required: nats.required });
  if (webhook !== undefined) all.push({ sink: new WebhookSink(webhook, clock), required: webhook.required });
  return { all, embedded };
}
