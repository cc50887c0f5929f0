import type { Logger } from '../../core/logger.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { redisAddress } from '../drivers/redis-url.js';
import { maskUrl } from './masked-url.js';

/** Where connection state and events will go, without credentials. */
export function logSinks(log: Logger, { sinks, mirror, ring }: Pick<GatewayConfig, 'sinks' | 'mirror' | 'ring'>): void {
  if (mirror !== undefined) log.info('mirror.connecting', { address: redisPlace(mirror.addr) });
  if (sinks.redis !== undefined) log.info('sink.connecting', { sink: 'redis', address: redisPlace(sinks.redis.addr) });
  if (sinks.amqp !== undefined) log.info('sink.connecting', { sink: 'amqp', address: maskUrl(sinks.amqp.addr) });
  if (sinks.nats !== undefined) log.info('sink.connecting', { sink: 'nats', address: maskUrl(sinks.nats.addr) });
  if (sinks.webhook !== undefined) {
    log.info('sink.connecting', { sink: 'webhook', address: maskUrl(sinks.webhook.url) });
  }
  if (sinks.embedded) {
    log.info('sink.embedded', { maxEvents: ring.maxEvents, maxBytes: ring.maxBytes, kept: 'until the ring moves on' });
  }
}

/** As the old program showed it: `host:port`, or the path of a socket. */
function redisPlace(addr: string): string {
  const { endpoint } = redisAddress(addr);
  if ('path' in endpoint) return endpoint.path;
  const { host, port } = endpoint;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
