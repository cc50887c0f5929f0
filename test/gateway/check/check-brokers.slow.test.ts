import { connect } from 'amqplib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { checkBackends } from '../../../src/gateway/check/check-backends.js';
import type { CheckResult } from '../../../src/gateway/check/check-result.js';
import type { ConfigInput } from '../../../src/gateway/config-file/config-schema.js';
import { startNats, type NatsBroker } from '../../support/nats-broker.js';
import { withManager } from '../../support/nats-stream.js';
import { startRabbitmq, type RabbitmqBroker } from '../../support/rabbitmq-broker.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';
import { testConfig } from '../../support/running-gateway.js';

const PASSWORD = 'marked';

let redis: RedisBroker;
let rabbitmq: RabbitmqBroker;
let nats: NatsBroker;

beforeAll(async () => {
  [redis, rabbitmq, nats] = await Promise.all([
    startRedis(),
    startRabbitmq(),
    startNats([`authorization { user: wsg, password: ${PASSWORD} }`]),
  ]);
}, 120_000);

afterAll(async () => {
  await Promise.all([redis.process.dispose(), rabbitmq.dispose(), nats.process.dispose()]);
});

async function check(input: Partial<ConfigInput>): Promise<CheckResult[]> {
  return checkBackends(testConfig(input), { clock: systemClock, timeoutMs: 5000 });
}

function natsUrl(password: string): string {
  return nats.url.replace('//', `//wsg:${password}@`);
}

it('brokers with which a gateway could start are ok, and the check leaves nothing on them', async () => {
  const checks = await check({
    stream_redis: { addr: redis.url },
    connection_redis_sync: { addr: redis.url },
    stream_amqp: { addr: rabbitmq.url, exchange: 'wsg', queue: 'wsg', routing_key: 'all' },
    stream_nats: { addr: natsUrl(PASSWORD) },
    // The default limit of a NATS server is 1 MiB.
    max_message_size_kb: 512,
  });
  expect(checks.map(({ name, level }) => `${name} ${level}`).sort()).toEqual([
    'mirror ok',
    'sink amqp ok',
    'sink nats ok',
    'sink redis ok',
  ]);
  expect(JSON.stringify(checks)).not.toContain(PASSWORD);
  expect(await (await RedisStreamReader.open(redis)).command('DBSIZE')).toBe(0);
  expect(await withManager(natsUrl(PASSWORD), async ({ streams }) => (await streams.list().next()).length)).toBe(0);
  await expect(queueLength('wsg')).rejects.toThrow('NOT_FOUND');
});

it('a broker that refuses the credentials fails, and no password is shown', async () => {
  const checks = await check({
    stream_amqp: { addr: rabbitmq.url.replace('guest:guest', `wsg:${PASSWORD}`), exchange: 'wsg', routing_key: 'all' },
    stream_nats: { addr: natsUrl(`${PASSWORD}-not`), required: false },
  });
  expect(checks.map(({ level }) => level)).toEqual(['failed', 'failed']);
  expect(JSON.stringify(checks)).not.toContain(PASSWORD);
});

it('a Redis key of another type fails', async () => {
  const reader = await RedisStreamReader.open(redis);
  await reader.command('SET', 'connectionevents', 'text');
  const checks = await check({ stream_redis: { addr: redis.url } });
  await reader.command('DEL', 'connectionevents');
  expect(checks).toMatchObject([{ name: 'sink redis', level: 'failed' }]);
});

/** Checks for existence without declaring. */
async function queueLength(name: string): Promise<number> {
  const model = await connect(rabbitmq.url);
  try {
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    return (await channel.checkQueue(name)).messageCount;
  } finally {
    await model.close();
  }
}
