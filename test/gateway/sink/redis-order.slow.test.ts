import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { RedisSink } from '../../../src/gateway/sink/redis-sink.js';
import { startRedis } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';
import { testEvents } from '../../support/test-event.js';

const ROUNDS = 5;
const BATCH = 2_000;
const WRITTEN_MS = 50;
const BALLAST_BYTES = 8_000_000;

/** In a plain pipeline the first entries are refused then and the later ones taken: offered again, the first stand behind them. */
test('memory that is freed in the midst of a batch lets in all of it or nothing', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.process.dispose());
  const reader = await RedisStreamReader.open(redis);
  const shape = { eventIdField: undefined, closeReasonField: undefined, maxLen: 0, required: true };
  const sink = new RedisSink({ addr: redis.url, streamName: 's', ...shape }, systemClock);
  onTestFinished(() => sink.stop());
  await sink.start();
  const batch = testEvents(1, BATCH);
  for (let round = 0; round < ROUNDS; round += 1) {
    await reader.command('CONFIG', 'SET', 'maxmemory', '0');
    await reader.command('DEL', 's');
    await reader.command('SET', 'ballast', 'x'.repeat(BALLAST_BYTES));
    await reader.command('CONFIG', 'SET', 'maxmemory', '6000000');
    // Redis finds both when it goes on: a part of the batch, then the memory, then the rest.
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
