import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';
import { SupervisedGateway } from '../../support/supervised-gateway.js';

const LONG = { timeout: 20_000, interval: 50 };

let redis: RedisBroker;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.process.dispose());

async function mirroredWorkers(stream: string) {
  const gateway = await SupervisedGateway.start({
    config: {
      stream_redis: { addr: redis.url, stream_name: stream },
      connection_redis_sync: { addr: redis.url },
      prometheus: { enabled: true },
    },
  });
  const clients = await gateway.connectToAll(3);
  const reader = await RedisStreamReader.open(redis);
  const members = () => reader.command('SCARD', 'wsg:node:0000');
  const tagsOf = (id: string) => reader.text('HGETALL', `connection:${id}:tags`);
  return { gateway, clients, reader, members, tagsOf };
}

it('the connections of all workers are in the mirror before their open events', { timeout: 60_000 }, async () => {
  const { gateway, clients, reader, members, tagsOf } = await mirroredWorkers('opened');
  for (const entry of await reader.entries(clients.length, 'opened')) {
    expect(await tagsOf(String(entry.get('connection')))).toEqual(['foo', 'bar']);
  }
  expect(await members()).toBe(clients.length);
  expect(await reader.command('SCARD', 'wsg:node:0000:boots')).toBe(1);
  await gateway.post('/settags?foo=bar', 'foo=new');
  for (const [id = ''] of (await gateway.idsByWorker()).values()) {
    await expect.poll(() => tagsOf(id), LONG).toEqual(['foo', 'new']);
  }
  const figures = await gateway.get('/metrics');
  expect(figures).toContain('\nmirror_up 1\n');
  expect(figures).toContain(`\nconnections_counter ${clients.length}\n`);
  gateway.process.kill('SIGTERM');
  expect((await gateway.process.ended).code).toBe(0);
  expect(await reader.text('KEYS', '*wsg:node:0000*')).toEqual([]);
});

it('the mirror forgets the connections of a worker that is gone, and no others', { timeout: 60_000 }, async () => {
  const { gateway, clients, reader, members, tagsOf } = await mirroredWorkers('gone');
  const byWorker = await gateway.idsByWorker();
  const [[dying = ''] = [], others = []] = [byWorker.get(1), byWorker.get(2)];
  await expect.poll(members, LONG).toBe(clients.length);
  const [worker] = await gateway.workers();
  process.kill(worker?.pid ?? 0, 'SIGKILL');
  await expect.poll(members, LONG).toBe(others.length);
  expect(await reader.text('KEYS', `*${dying}*`)).toEqual([]);
  expect(await tagsOf(others[0] ?? '')).toEqual(['foo', 'bar']);
  const events = await reader.entries(2 * clients.length - others.length, 'gone');
  const closes = events
    .slice(clients.length)
    .map((entry) => `${String(entry.get('action'))} ${String(entry.get('tags'))}`);
  expect(new Set(closes)).toEqual(new Set(['close foo=bar']));
});

it('a supervisor removes what workers of a killed gateway left', { timeout: 60_000 }, async () => {
  const config = { connection_redis_sync: { addr: redis.url }, node: { number: 7 } };
  const killed = await SupervisedGateway.start({ config });
  const clients = await killed.connectToAll(1);
  const reader = await RedisStreamReader.open(redis);
  const members = () => reader.command('SCARD', 'wsg:node:0007');
  await expect.poll(members, LONG).toBe(clients.length);
  killed.process.kill('SIGKILL');
  await killed.process.ended;
  const next = await SupervisedGateway.start({ config });
  await expect.poll(members, LONG).toBe(0);
  await next.connect();
  await expect.poll(members, LONG).toBe(1);
});
