import { describe, expect, it } from 'vitest';
import { parseRedisUrl, redisAddress } from '../../../src/gateway/redis/redis-url.js';

const PLAIN = {
  endpoint: { host: 'localhost', port: 6379 },
  tls: false,
  username: undefined,
  password: undefined,
  db: 0,
  clientName: undefined,
  dialTimeoutMs: 5_000,
  replyTimeoutMs: 10_000,
  shown: 'localhost:6379/0',
};

describe('a Redis URL', () => {
  it.each([
    ['redis://', {}],
    ['redis://localhost', {}],
    ['redis://10.0.0.1:7000/3', { endpoint: { host: '10.0.0.1', port: 7000 }, db: 3, shown: '10.0.0.1:7000/3' }],
    ['redis://localhost/1?db=2', { db: 2, shown: 'localhost:6379/2' }],
    ['redis://[::1]:7/', { endpoint: { host: '::1', port: 7 }, shown: '[::1]:7/0' }],
    ['redis://u:p%40ss@localhost', { username: 'u', password: 'p@ss' }],
    ['redis://:100%@localhost', { password: '100%' }],
    ['redis://user@localhost', {}],
    ['rediss://:s@localhost', { tls: true, password: 's' }],
    ['redis://localhost?client_name=gate-1', { clientName: 'gate-1' }],
    ['redis://localhost?dial_timeout=1500ms&read_timeout=3', { dialTimeoutMs: 1_500, replyTimeoutMs: 3_000 }],
    ['redis://localhost?read_timeout=-1', { replyTimeoutMs: 0x7fff_ffff }],
    ['unix:///run/redis.sock', { endpoint: { path: '/run/redis.sock' }, shown: '/run/redis.sock/0' }],
    [
      'unix://u:p@/run/redis.sock?db=4',
      { endpoint: { path: '/run/redis.sock' }, username: 'u', password: 'p', db: 4, shown: '/run/redis.sock/4' },
    ],
  ])('%s is understood', (text, differences) => {
    expect(parseRedisUrl(text)).toEqual({ address: { ...PLAIN, ...differences }, ignoredKeys: [] });
  });

  it('lists the query keys without an effect, once each', () => {
    const reading = parseRedisUrl('redis://localhost?pool_size=1000&max_retries=3&pool_size=2&db=1&clientname=x');
    expect(reading).toMatchObject({ ignoredKeys: ['pool_size', 'max_retries', 'clientname'] });
  });

  it.each([
    ['localhost:6379', 'must begin with redis://'],
    ['http://u:secret@localhost', 'must begin with redis://'],
    ['redis://:secret@local host', 'is not a URL'],
    ['redis://:secret@localhost:99999', 'is not a URL'],
    ['redis://:secret@localhost/first', 'must have a number as its database'],
    ['redis://:secret@localhost?db=x', 'must have a number as db'],
    ['redis://:secret@localhost?dial_timeout=soon', 'must have a duration as dial_timeout'],
    ['redis://:secret@localhost?client_name=a%20b', 'must not have spaces'],
    ['unix://:secret@/', 'must have the path of a socket'],
  ])('%s is refused without its password', (text, problem) => {
    const reading = parseRedisUrl(text);
    expect(reading).toEqual({ problem: expect.stringContaining(problem) });
    expect(JSON.stringify(reading)).not.toContain('secret');
    expect(() => redisAddress(text)).toThrow(problem);
  });
});
