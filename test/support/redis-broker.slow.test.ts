import { expect, it } from 'vitest';
import { startRedis } from './redis-broker.js';

it('a broker keeps its port through a crash and a restart', async () => {
  const redis = await startRedis();
  const first = redis.process.pid;
  await redis.process.kill();
  await redis.process.start();
  expect(redis.process.pid).not.toBe(first);
  await redis.process.dispose();
});
