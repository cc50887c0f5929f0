import { expect, it } from 'vitest';
import { logStart } from '../../../src/gateway/log/start-log.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { testConfig } from '../../support/running-gateway.js';

function warnings(whitelist: string[], internalListen?: string): readonly string[] {
  const log = new RecordingLogger();
  const config = testConfig({ internal_endpoint_access_whitelist: whitelist, internal_listen_addr: internalListen });
  logStart(log, config, 'config.yml');
  return log.events.filter((event) => event === 'access.whitelist-on-public-port');
}

it('a whitelist beyond loopback on the public port is a warning', () => {
  for (const cidr of [
    '10.0.0.0/8',
    '0.0.0.0/0',
    '127.0.0.1/0',
    '127.0.0.1/7',
    '::1/0',
    '::/0',
    '::ffff:127.0.0.1/96',
  ]) {
    expect([cidr, warnings([cidr]).length]).toEqual([cidr, 1]);
    expect(warnings([cidr], '127.0.0.1:0')).toEqual([]);
  }
  expect(warnings(['127.0.0.1/8', '::1/128', '127.0.0.1/32', '::ffff:127.0.0.0/104'])).toEqual([]);
});

it('each sink and the mirror are logged with their addresses, without passwords', () => {
  const log = new RecordingLogger();
  const config = testConfig({
    connection_redis_sync: { addr: 'redis://:marked@state:6380/1' },
    stream_redis: { addr: 'rediss://u:marked@[::1]/0?client_name=x' },
    stream_amqp: { addr: 'amqp://u:marked@rabbit/v', exchange: 'e' },
    stream_nats: { addr: 'nats://marked@one,nats://two' },
    stream_webhook: { url: 'https://u:marked@hook/x?token=marked', secret: 'marked' },
  });
  logStart(log, config, 'config.yml');
  expect(
    log.lines.filter(({ event }) => /^(sink|mirror)\./.test(event)).map(({ event, fields }) => [event, fields]),
  ).toEqual([
    ['mirror.connecting', { address: 'state:6380' }],
    ['sink.connecting', { sink: 'redis', address: '[::1]:6379' }],
    ['sink.connecting', { sink: 'amqp', address: 'amqp://u:***@rabbit/v' }],
    ['sink.connecting', { sink: 'nats', address: 'nats://***@one,nats://two' }],
    ['sink.connecting', { sink: 'webhook', address: 'https://u:***@hook/x?token=***' }],
  ]);
  expect(JSON.stringify(log.lines)).not.toContain('marked');
});
