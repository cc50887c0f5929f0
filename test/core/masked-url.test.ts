import { describe, expect, it } from 'vitest';
import { maskUrl } from '../../src/core/masked-url.js';

describe('a masked URL', () => {
  it.each([
    ['redis://127.0.0.1:6379/0', 'redis://127.0.0.1:6379/0'],
    ['redis://user:pass@host:1/0?client_name=x', 'redis://user:***@host:1/0?client_name=x'],
    ['redis://:pass@host', 'redis://:***@host'],
    ['rediss://:pa@ss@host', 'rediss://:***@host'],
    ['redis://:pa/ss@host:1/0', 'redis://:***@host:1/0'],
    ['redis://u:12/3@host/0', 'redis://u:***@host/0'],
    ['unix://u:p@/run/a@b.sock', 'unix://u:***@/run/a@b.sock'],
    ['redis://:pa?ss#x@host', 'redis://:***@host'],
    ['redis://u:p@host/0?note=a@b', 'redis://u:***@host/0?note=a@b'],
    ['unix://u:pass@/run/redis.sock?db=1', 'unix://u:***@/run/redis.sock?db=1'],
    ['amqp://guest:guest@host/vhost', 'amqp://guest:***@host/vhost'],
    ['nats://token@host:4222', 'nats://***@host:4222'],
    ['nats://u:p,w@one:1,nats://u:q@two:2', 'nats://u:***@one:1,nats://u:***@two:2'],
    ['nats://u:p@one:1,u:q@two:2', 'nats://u:***@two:2'],
    ['https://host/@user?x=1', 'https://host/@user?x=1'],
    ['https://host/hook?api_key=abc&Token=d%20e&x=1#f', 'https://host/hook?api_key=***&Token=***&x=1#f'],
    ['user:pass@host', '***@host'],
    ['', ''],
  ])('of %s is %s', (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
  });
});
