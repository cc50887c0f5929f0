import { expect, it, onTestFinished } from 'vitest';
import { RedisSink } from '../../../src/gateway/sinks/redis/redis-sink.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';
import { sinkDeps } from '../../support/sink-deps.js';
import { testEvents } from '../../support/test-event.js';

const ROUNDS = 5;
const BATCH = 2_000;
const WRITTEN_MS = 50;
const BALLAST_BYTES = 8_000_000;

async function start(): Promise<[RedisBroker, RedisStreamReader]> {
  const redis = await startRedis();
  onTestFinished(() => redis.process.dispose());
  return [redis, await RedisStreamReader.open(redis)];
}

function createSink(addr: string): RedisSink {
  const shape = { eventIdField: undefined, closeReasonField: undefined, maxLen: 0 };
  const sink = new RedisSink({ addr, streamName: 's', ...shape }, sinkDeps());
  onTestFinished(() => sink.stop());
  return sink;
}

/**
 * In a plain pipeline the first entries would be refused and the later ones taken. After the retry
 * the first would follow the later ones.
 */
it('memory that is freed during a batch admits all of it or nothing', async () => {
  const [redis, reader] = await start();
  const sink = createSink(redis.url);
  await sink.start();
  const batch = testEvents(1, BATCH);
  for (let round = 0; round < ROUNDS; round += 1) {
    await reader.command('CONFIG', 'SET', 'maxmemory', '0');
    await reader.command('DEL', 's');
    await reader.command('SET', 'ballast', 'x'.repeat(BALLAST_BYTES));
    await reader.command('CONFIG', 'SET', 'maxmemory', '6000000');
    // Redis continues with a part of the batch, then the freed memory, then the rest.
    redis.process.freeze();
    const delivered = sink.deliver(batch).then(
      () => BATCH,
      () => 0,
    );
    const freed = reader.command('CONFIG', 'SET', 'maxmemory', '0');
    await new Promise((resolve) => setTimeout(resolve, WRITTEN_MS));
    redis.process.thaw();
    await freed;
    expect(await delivered).toBe(await reader.command('XLEN', 's'));
  }
});

it('nothing is written repeatedly for a user without the right to transactions', async () => {
  const [redis, reader] = await start();
  await reader.command('ACL', 'SETUSER', 'hasty', 'on', '>secret', '~*', '+@all', '-multi');
  const sink = createSink(redis.url.replace('redis://', 'redis://hasty:secret@'));
  for (let again = 0; again < 3; again++) await expect(sink.deliver(testEvents(1, 3))).rejects.toThrow(/NOPERM.*multi/);
  expect(await reader.text('XLEN', 's')).toBe(0);
});

it('the sink disconnects from a Redis that has become a replica: its name may have moved', async () => {
  const [redis, reader] = await start();
  const sink = createSink(`${redis.url}?client_name=sink`);
  await sink.deliver(testEvents(1, 1));
  expect(await reader.text('CLIENT', 'LIST')).toContain('name=sink');
  await reader.command('REPLICAOF', '127.0.0.1', '1');
  await expect(sink.deliver(testEvents(2, 2))).rejects.toThrow('READONLY');
  await expect.poll(() => reader.text('CLIENT', 'LIST')).not.toContain('name=sink');
});
