import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';
import { parseRedisUrl } from '../redis/redis-url.js';
import { maskUrl } from '../../core/masked-url.js';
import type { GatewayConfig } from '../config/gateway-config.js';

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

/**
 * A URL with one of these schemes and a host, or empty. What is wrong with it is said without its
 * password.
 */
function brokerAddr(...schemes: readonly string[]) {
  return z
    .string()
    .default('')
    .superRefine((addr, context) => {
      const problem = addr === '' ? undefined : urlProblem(addr, schemes);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: `'${maskUrl(addr)}' ${problem}` });
    });
}

export const amqpAddr = brokerAddr('amqp', 'amqps');

/** One URL, or several with commas between. */
export const natsAddr = z
  .string()
  .default('')
  .superRefine((addr, context) => {
    if (addr === '') return;
    for (const url of addr.split(',')) {
      const problem = urlProblem(url.trim(), ['nats', 'tls']);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: `'${maskUrl(addr)}' ${problem}` });
    }
  });

export const webhookUrl = brokerAddr('http', 'https');

function urlProblem(text: string, schemes: readonly string[]): string | undefined {
  const scheme = /^([a-z]+):\/\//.exec(text)?.[1] ?? '';
  if (!schemes.includes(scheme)) return `must begin with ${schemes.map((name) => `${name}://`).join(' or ')}`;
  if (!URL.canParse(text)) return 'is not a URL: reserved characters in a password must be percent-encoded';
  const url = new URL(text);
  if (url.hostname === '') return 'names no host';
  return isDecodable(url.username) && isDecodable(url.password) ? undefined : 'has a broken percent-encoding';
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Names that AMQP carries as short strings. */
export const amqpName = z.string().refine((name) => Buffer.byteLength(name) <= 255, {
  error: 'must not be longer than 255 bytes',
});

export const natsStream = z
  .string()
  .regex(/^[^\s.*>/\\]+$/, { error: 'is not a stream name: no white space and none of . * > / \\' });

/**
 * Each placeholder of a template stands for one character here: what is wrong around it is wrong
 * whatever it becomes.
 */
export const natsSubject = z
  .string()
  .refine((subject) => /^[^\s.*>]+(\.[^\s.*>]+)*$/.test(subject.replaceAll(/\{[^{}]*\}/g, 'x')), {
    error: 'is not a subject: no white space, no wildcard and no empty token between dots',
  });

/** What the sink says itself, and what belongs to the connection. */
const OWN_HEADERS = /^(content-type|content-length|transfer-encoding|connection|host|x-wsg-.*)$/i;

export const webhookHeaders = z.record(
  z.string().superRefine((name, context) => {
    const problem = OWN_HEADERS.test(name) ? 'is set by the sink' : headerProblem(() => validateHeaderName(name));
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  }),
  // Values are often secrets: no message names one.
  z.string().refine((value) => headerProblem(() => validateHeaderValue('x', value)) === undefined, {
    error: 'must hold no characters that HTTP does not allow in a header',
  }),
);

function headerProblem(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch {
    return 'is not a header name';
  }
}
