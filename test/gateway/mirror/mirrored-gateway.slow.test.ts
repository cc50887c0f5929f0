import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';
import { OPCODE } from '../../support/raw-websocket.js';
import { RunningGateway } from '../../support/running-gateway.js';

let redis: RedisBroker;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.process.dispose());

it.each([
  ['uws', /^127\.0\.0\.1:0$/],
  ['ws', /^127\.0\.0\.1:[1-9]\d+$/],
] as const)('a client on %s is in the mirror when its open event can be read', async (transport, addr) => {
  const gateway = await RunningGateway.start({
    transport,
    stream_redis: { addr: redis.url, stream_name: transport },
    connection_redis_sync: { addr: redis.url },
  });
  const client = await gateway.connect();
  const reader = await RedisStreamReader.open(redis);
  const [open] = await reader.entries(1, transport);
  const id = String(open?.get('connection'));
  expect(await reader.text('HGETALL', `connection:${id}`)).toEqual([
    'addr',
    expect.stringMatching(addr),
    'node',
    '0000',
  ]);
  expect(await reader.text('HGETALL', `connection:${id}:tags`)).toEqual(['foo', 'bar']);

  await gateway.post('/settags?foo=bar', 'user=7&foo=');
  const tags = () => reader.text('HGETALL', `connection:${id}:tags`);
  await expect.poll(tags).toEqual(['user', '7']);

  client.send(OPCODE.text, 'hello');
  client.send(OPCODE.close, Buffer.from([0x03, 0xe8]));
  const entries = await reader.entries(3, transport);
  expect(entries.map((entry) => `${String(entry.get('action'))} ${String(entry.get('tags'))}`)).toEqual([
    'open foo=bar',
    'message user=7',
    'close user=7',
  ]);
  await expect.poll(() => reader.text('KEYS', `*${id}*`)).toEqual([]);
  expect(await reader.command('SCARD', 'wsg:node:0000')).toBe(0);
});

it('handshakes do not wait for a Redis that hangs', async () => {
  const slow = await startRedis();
  onTestFinished(() => slow.process.dispose());
  const gateway = await RunningGateway.start({ connection_redis_sync: { addr: slow.url } });
  slow.process.freeze();
  const clients = await Promise.all(Array.from({ length: 20 }, () => gateway.connect()));
  const events = await gateway.events();
  expect(await events.nextBlocks(20)).toHaveLength(20);
  slow.process.thaw();
  const reader = await RedisStreamReader.open(slow);
  await expect.poll(() => reader.command('SCARD', 'wsg:node:0000')).toBe(clients.length);
});

it('a Redis that refuses the password prevents the start of the gateway', async () => {
  const connection_redis_sync = { addr: redis.url.replace('//', '//:wrong@') };
  await expect(RunningGateway.start({ connection_redis_sync })).rejects.toMatchObject({
    code: 'sink.refused',
    message: expect.not.stringContaining('wrong'),
  });
});
