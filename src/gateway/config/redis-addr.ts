import { z } from 'zod';
import { parseRedisUrl } from '../drivers/redis-url.js';
import { maskUrl } from '../log/masked-url.js';
import type { GatewayConfig } from './gateway-config.js';

/** A Redis URL, or empty. What is wrong with it is said without its password. */
export const redisAddr = z
  .string()
  .default('')
  .superRefine((addr, context) => {
    const reading = addr === '' ? undefined : parseRedisUrl(addr);
    if (reading !== undefined && 'problem' in reading) {
      context.addIssue({ code: 'custom', message: reading.problem });
    }
  });

/** What of the Redis URLs means nothing here, one sentence for each key of the configuration. */
export function redisAddrWarnings({ sinks, mirror }: Pick<GatewayConfig, 'sinks' | 'mirror'>): string[] {
  const addresses = [
    ['stream_redis.addr', sinks.redis?.addr],
    ['connection_redis_sync.addr', mirror?.addr],
  ] as const;
  return addresses.flatMap(([key, addr]) => {
    const reading = addr === undefined ? undefined : parseRedisUrl(addr);
    if (addr === undefined || reading === undefined || 'problem' in reading || reading.ignoredKeys.length === 0)
      return [];
    return [`${key}: '${maskUrl(addr)}' has options that mean nothing here: ${reading.ignoredKeys.join(', ')}`];
  });
}
