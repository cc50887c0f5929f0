import { amqpDefinition } from './amqp/amqp-definition.js';
import { natsDefinition } from './nats/nats-definition.js';
import { redisDefinition } from './redis/redis-definition.js';
import type { SinkDefinition } from './sink-definition.js';
import { webhookDefinition } from './webhook/webhook-definition.js';

/**
 * Every sink but the embedded one. The reference page, the start log and the metrics have this
 * order, and the outbox's log counts on it: a new sink goes to the end.
 */
export const SINKS: readonly SinkDefinition[] = [redisDefinition, amqpDefinition, natsDefinition, webhookDefinition];

/** Their names, as `wsg outbox --sink` takes them. */
export const SINK_NAMES: readonly string[] = SINKS.map(({ name }) => name);
