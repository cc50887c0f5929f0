import { z } from 'zod';
import { maskUrl } from '../../core/masked-url.js';
import { parseRedisUrl, redisAddress } from './redis-url.js';

/** A configuration key: a Redis URL, or empty. Problems are reported without its password. */
export const redisAddr = z
  .string()
  .default('')
  .superRefine((addr, context) => {
    const reading = addr === '' ? undefined : parseRedisUrl(addr);
    if (reading !== undefined && 'problem' in reading) {
      context.addIssue({ code: 'custom', message: reading.problem });
    }
  });

/** A warning about options of a Redis URL that have no effect, as `key: sentence`. */
export function redisAddrWarnings(addr: string): string[] {
  const reading = parseRedisUrl(addr);
  if ('problem' in reading || reading.ignoredKeys.length === 0) return [];
  return [`addr: '${maskUrl(addr)}' has options without an effect here: ${reading.ignoredKeys.join(', ')}`];
}

/** Where a Redis is, as wsgateway's log shows it: `host:port`, or the path of a socket. */
export function redisPlace(addr: string): string {
  const { endpoint } = redisAddress(addr);
  if ('path' in endpoint) return endpoint.path;
  const { host, port } = endpoint;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
