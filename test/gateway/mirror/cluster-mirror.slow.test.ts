import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { checkBackends } from '../../../src/gateway/check/check-backends.js';
import type { ConfigInput } from '../../../src/gateway/config-file/config-schema.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';
import { RunningGateway, testConfig } from '../../support/running-gateway.js';

/** The rights that the page about Redis lists for a mirror in a cluster, and no others. */
const RIGHTS =
  '+multi +exec +discard +hset +hdel +pexpire +del +sadd +srem +smembers +set +get ' +
  '+sismember +mget +renamenx +hsetnx +hget +hmget +hgetall +hexists +hkeys +hlen +hrandfield +watch +unwatch';

let redis: RedisBroker;
let reader: RedisStreamReader;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.process.dispose());

beforeEach(async () => {
  reader = await RedisStreamReader.open(redis);
  await reader.command('FLUSHALL');
});

/** A node of a cluster whose mirror uses a user with these rights. */
async function nodeWith(rights: string): Promise<Partial<ConfigInput>> {
  const acl = ['on', '>secret', '-@all', '~connection:*', '~wsg:*', ...rights.split(' ')];
  await reader.command('ACL', 'SETUSER', 'mirror', 'reset', ...acl);
  const addr = redis.url.replace('//', '//mirror:secret@');
  return { node: { number: 1 }, cluster: { name: 'c', redis: { addr: redis.url } }, connection_redis_sync: { addr } };
}

const members = () => reader.text('SMEMBERS', 'wsg:c:members');

it('a node takes over the claim of a node that is gone, with the rights that the documentation lists', async () => {
  const gateway = await RunningGateway.start(await nodeWith(RIGHTS));
  const events = await gateway.events();
  expect(await gateway.get('/readyz')).toContain('cluster_lost_nodes: on\n');
  const id = '00000001-0000-4000-8000-000000000009';
  await reader.command('HSET', 'wsg:c:lost:0009:1', '', '7 0009-1', id, '5 0 - /connect');
  await reader.command('HSET', `connection:${id}:tags`, 'user', '3');
  await reader.command('SET', 'wsg:c:dead:0009:1', '0008:1');
  await reader.command('SADD', 'wsg:c:members', '0009:1');
  const [block] = await events.nextBlocks(1);
  expect(JSON.stringify(block)).toContain('close');
  expect(JSON.stringify(block)).toContain('user=3');
  await expect.poll(members, { timeout: 5_000 }).toEqual([expect.stringMatching(/^0001:/)]);
  expect(await reader.text('GET', 'wsg:c:dead:0009:1')).toMatch(/^0001:/);
  expect(gateway.log.events).not.toContain('cluster.members-away');
  await gateway.gateway.stop();
  expect(await reader.text('KEYS', 'wsg:c:*')).toEqual(
    expect.not.arrayContaining(['wsg:c:members', expect.stringMatching(/:(alive|open):/)]),
  );
});

it.each(['hrandfield', 'renamenx'])('a mirror in a cluster is refused without the right to %s', async (command) => {
  const input = await nodeWith(RIGHTS.replace(`+${command}`, `-${command}`));
  await expect(RunningGateway.start(input)).rejects.toMatchObject({ code: 'sink.refused' });
  const results = await checkBackends(testConfig(input), { clock: systemClock, timeoutMs: 5_000 });
  expect(results.find(({ name }) => name === 'mirror')).toMatchObject({ level: 'failed' });
});

it('without a mirror the readiness says that connections of lost nodes are not closed', async () => {
  const gateway = await RunningGateway.start({
    node: { number: 1 },
    cluster: { name: 'c', redis: { addr: redis.url } },
  });
  expect(await gateway.get('/readyz')).toContain('cluster_lost_nodes: off: connection_redis_sync.addr is not set\n');
  expect(await members()).toEqual([]);
});

it('a node that ends in good order leaves nothing for others to close', async () => {
  const gateway = await RunningGateway.start(await nodeWith(RIGHTS));
  await gateway.connect();
  await expect.poll(members).toHaveLength(1);
  await gateway.gateway.stop();
  expect(await reader.text('KEYS', 'wsg:c:*')).toEqual([]);
  expect(await reader.text('KEYS', 'connection:*')).toEqual([]);
});
