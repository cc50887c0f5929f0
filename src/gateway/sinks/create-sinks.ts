import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import type { EventBoot } from '../event/gateway-event.js';
import { AmqpSink } from './amqp/amqp-sink.js';
import type { EventSink } from './event-sink.js';
import { limitWarning, type TellLimit } from './message-limit.js';
import { MemorySink } from './memory/memory-sink.js';
import { NatsSink } from './nats/nats-sink.js';
import { RedisSink } from './redis/redis-sink.js';
import { WebhookSink } from './webhook/webhook-sink.js';

/** What sinks are made with. */
export interface SinkSurroundings {
  readonly config: GatewayConfig;
  readonly boot: EventBoot;
  readonly clock: Clock;
  readonly log: Logger;
  /** How many events of earlier boots come before those of this one; none when it is missing. */
  readonly recovered?: () => number;
  /**
   * Told once of each limit of a sink that is below what endpoints accept; logs a warning when it
   * is missing.
   */
  readonly warnOfLimit?: (sink: string, warning: string) => void;
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
export function createSinks(surroundings: SinkSurroundings): Sinks {
  const { config, boot, clock, log, recovered } = surroundings;
  const embedded = config.sinks.embedded
    ? new MemorySink({ boot, clock, limits: config.ring, ...(recovered && { recovered }) })
    : undefined;
  const all: ConfiguredSink[] = [];
  if (embedded !== undefined) all.push({ sink: embedded, required: true });
  const limitsOf = warnOfLimits(surroundings);
  const { redis, amqp, nats, webhook } = config.sinks;
  if (redis !== undefined) all.push({ sink: new RedisSink(redis, clock, limitsOf('redis')), required: redis.required });
  if (amqp !== undefined) all.push({ sink: new AmqpSink(amqp, clock), required: amqp.required });
  if (nats !== undefined)
    all.push({
      sink: new NatsSink({ config: nats, clock, log, tellLimit: limitsOf('nats') }),
      required: nats.required,
    });
  if (webhook !== undefined)
    all.push({ sink: new WebhookSink(webhook, clock, limitsOf('webhook')), required: webhook.required });
  return { all, embedded };
}

/**
 * What each sink tells its limits to; the same limit is warned of once, however often the sink
 * connects.
 */
function warnOfLimits({ config, log, warnOfLimit }: SinkSurroundings): (sink: string) => TellLimit {
  const told = new Set<string>();
  const warn = warnOfLimit ?? ((sink, warning) => log.warn('sink.message-limit', { sink, warning }));
  return (sink) => (limit) => {
    const warning = limitWarning(limit, config);
    if (warning === undefined || told.has(sink + warning)) return;
    told.add(sink + warning);
    warn(sink, warning);
  };
}
