import { describe, expect, it, onTestFinished } from 'vitest';
import { settle } from '../../../support/settle.js';
import { RedisStreamReader } from '../../../support/redis-stream-reader.js';
import { startRedis } from '../../../support/redis-broker.js';
import { EngineNode, KINDS, startBroker } from './engine-node.js';

const MEBIBYTE = 1024 * 1024;

describe.each(KINDS)('%s', (kind) => {
  it('drops messages while the server does not read, and sends again once it does', async () => {
    const broker = await startBroker(kind);
    const one = await EngineNode.started({ kind, addr: broker.url, node: 1 });
    const largest = Buffer.alloc(one.engine.maxMessageBytes);
    broker.process.freeze();
    let taken = 0;
    while (one.engine.publish({ to: 'node', node: 2 }, largest)) taken += 1;
    broker.process.thaw();
    expect(taken * MEBIBYTE).toBeGreaterThan(60 * MEBIBYTE);
    expect(taken * MEBIBYTE).toBeLessThan(70 * MEBIBYTE);
    await settle(() => one.engine.publish({ to: 'all' }, Buffer.from('again')));
    await settle(() => one.messages.length > 0);
    expect([one.texts, one.reasons]).toEqual([['again'], []]);
  });

  it('never throws at a publisher while it is being lost', async () => {
    const broker = await startBroker(kind);
    const one = await EngineNode.started({ kind, addr: broker.url, node: 1 });
    const killed = broker.process.kill();
    const bytes = Buffer.from('x');
    await settle(() => {
      for (let turn = 0; turn < 10; turn += 1) queueMicrotask(() => one.engine.publish({ to: 'beats' }, bytes));
      one.engine.publish({ to: 'all' }, bytes);
      return !one.engine.isUp;
    });
    await killed;
    expect(one.reasons).toHaveLength(1);
  });

  it('finds a server that is frozen', async () => {
    const broker = await startBroker(kind);
    const one = await EngineNode.started({ kind, addr: broker.url, node: 1 });
    broker.process.freeze();
    await settle(() => one.reasons.length > 0);
    expect(one.engine.isUp).toBe(false);
    broker.process.thaw();
    await settle(() => one.engine.isUp);
  });

  it('stops within 5 s while the server is frozen', async () => {
    const broker = await startBroker(kind);
    const one = await EngineNode.started({ kind, addr: broker.url, node: 1 });
    broker.process.freeze();
    one.engine.publish({ to: 'all' }, Buffer.from('bye'));
    const begun = performance.now();
    await one.engine.stop();
    expect(performance.now() - begun).toBeLessThan(5_000);
    broker.process.thaw();
  });
});

it('names the output buffer when Redis cuts the subscriber', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.process.dispose());
  const one = await EngineNode.started({ kind: 'redis', addr: redis.url, node: 1 });
  const admin = await RedisStreamReader.open(redis);
  await admin.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await settle(() => one.ups === 2);
  expect(one.reasons).toEqual([expect.stringMatching(/reads too slowly.*client-output-buffer-limit pubsub/)]);
});

it('leaves a Redis that becomes a replica, until it is a master again', async () => {
  const [redis, master] = [await startRedis(), await startRedis()];
  onTestFinished(() => redis.process.dispose());
  onTestFinished(() => master.process.dispose());
  const one = await EngineNode.started({ kind: 'redis', addr: redis.url, node: 1 });
  const admin = await RedisStreamReader.open(redis);
  await admin.command('REPLICAOF', '127.0.0.1', String(master.port));
  await settle(() => one.reasons.length > 0);
  expect(one.reasons).toEqual([expect.stringContaining('it is a replica')]);
  await admin.command('REPLICAOF', 'NO', 'ONE');
  await settle(() => one.engine.isUp);
});
