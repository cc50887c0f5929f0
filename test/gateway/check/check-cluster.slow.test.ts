import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { checkCluster } from '../../../src/gateway/check/check-cluster.js';
import type { ConfigInput } from '../../../src/gateway/config-file/config-schema.js';
import { startNats, type NatsBroker } from '../../support/nats-broker.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';
import { RunningGateway, testConfig } from '../../support/running-gateway.js';

const PASSWORD = 'marked';

let nats: NatsBroker;
let redis: RedisBroker;

beforeAll(async () => {
  [nats, redis] = await Promise.all([
    startNats([`authorization { user: wsg, password: ${PASSWORD} }`]),
    startRedis(['--requirepass', PASSWORD]),
  ]);
});
afterAll(async () => {
  await Promise.all([nats.process.dispose(), redis.process.dispose()]);
});

function addresses(password: string): readonly NonNullable<ConfigInput['cluster']>[] {
  const natsAddr = nats.url.replace('//', `//wsg:${password}@`);
  const redisAddr = redis.url.replace('//', `//:${password}@`);
  return [
    { name: 'live', nats: { addr: natsAddr } },
    { name: 'live', redis: { addr: redisAddr }, secret: 'x'.repeat(32), strict: true },
  ];
}

function check(cluster: NonNullable<ConfigInput['cluster']>) {
  return checkCluster(testConfig({ cluster, node: { number: 3 } }), { clock: systemClock, timeoutMs: 10_000 });
}

it('a gateway without a cluster has nothing to check', async () => {
  expect(await checkCluster(testConfig(), { clock: systemClock, timeoutMs: 1000 })).toEqual([]);
});

it('an engine that takes the node is ok, and the check leaves nothing there', async () => {
  const [overNats, overRedis] = addresses(PASSWORD);
  if (overNats === undefined || overRedis === undefined) throw new Error('there are two engines');
  const [first] = await check(overNats);
  expect(first).toMatchObject({
    level: 'ok',
    detail: expect.stringMatching(
      /^live over nats at .*, without a secret; this node has the number 3 \(0003\); a node/,
    ),
  });
  const [second] = await check(overRedis);
  expect(second).toMatchObject({ level: 'ok', detail: expect.stringContaining('with a secret') });
  expect(`${first?.detail} ${second?.detail}`).not.toContain(PASSWORD);
  const reader = await RedisStreamReader.open(redis);
  await reader.command('AUTH', PASSWORD);
  expect(await reader.command('DBSIZE')).toBe(0);
});

it('an engine that refuses the login fails, and shows no password', async () => {
  for (const cluster of addresses('other-than-that')) {
    const [result] = await check(cluster);
    expect(result).toMatchObject({ name: 'cluster', level: 'failed' });
    expect(JSON.stringify(result)).not.toContain('other-than-that');
  }
});

it('a running gateway with the same number is not disturbed', async () => {
  const [cluster] = addresses(PASSWORD);
  const gateway = await RunningGateway.start({ cluster, node: { number: 3 } });
  expect(await check(cluster ?? {})).toMatchObject([{ level: 'ok' }]);
  expect(await gateway.post('/send?all=true', 'x')).toBe('0');
  expect((await fetch(gateway.url('/readyz'))).status).toBe(200);
});
