import { describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import { RedisSink, type RedisSinkConfig } from '../../../src/gateway/sinks/redis/redis-sink.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { sinkDeps } from '../../support/sink-deps.js';
import { testEvents } from '../../support/test-event.js';

const EVENTS = 1_500;
const BATCH = 100;

function sinkTo({ url }: RedisBroker): RedisSink {
  const config: RedisSinkConfig = {
    addr: url,
    streamName: 'connectionevents',
    eventIdField: 'id',
    closeReasonField: undefined,
    maxLen: 0,
  };
  const sink = new RedisSink(config, sinkDeps());
  onTestFinished(() => sink.stop());
  return sink;
}

/** A master, its replica, and the proxy between them. */
async function startPair(
  settings: readonly string[],
): Promise<{ master: RedisBroker; replica: RedisBroker; link: TcpProxy }> {
  const master = await startRedis(settings);
  onTestFinished(() => master.process.dispose());
  const link = await TcpProxy.start(master.port);
  const replica = await startRedis(['--replicaof', `127.0.0.1 ${link.port}`]);
  onTestFinished(() => replica.process.dispose());
  const reader = await RedisStreamReader.open(master);
  await expect.poll(() => reader.text('INFO', 'replication'), { timeout: 60_000 }).toMatch(/state=online/);
  return { master, replica, link };
}

/** Delivers in batches. Returns the events that the sink did not take. */
async function deliverSome(sink: RedisSink, events: readonly GatewayEvent[]): Promise<readonly GatewayEvent[]> {
  for (let from = 0; from < events.length; from += BATCH) {
    const isTaken = await sink.deliver(events.slice(from, from + BATCH)).then(
      () => true,
      () => false,
    );
    if (!isTaken) return events.slice(from);
  }
  return [];
}

/**
 * Delivers half of the events with the replica connected, and half with it cut off. Then the master
 * fails, the replica takes over, and the rest is delivered to it.
 */
async function lostInFailover(settings: readonly string[]): Promise<number> {
  const { master, replica, link } = await startPair(settings);
  const [before, after] = [testEvents(1, EVENTS), testEvents(EVENTS + 1, 2 * EVENTS)];
  const sink = sinkTo(master);
  expect(await deliverSome(sink, before)).toEqual([]);
  const onReplica = await RedisStreamReader.open(replica);
  await onReplica.entries(EVENTS);
  await link.stop();
  const reader = await RedisStreamReader.open(master);
  await expect.poll(() => reader.text('INFO', 'replication'), { timeout: 30_000 }).toContain('connected_slaves:0');
  const rest = await deliverSome(sink, after);
  await master.process.kill();
  await onReplica.command('REPLICAOF', 'NO', 'ONE');
  expect(await deliverSome(sinkTo(replica), rest)).toEqual([]);
  return 2 * EVENTS - Number(await onReplica.command('XLEN', 'connectionevents'));
}

describe('a failover to a replica that had lost its master', () => {
  it('loses the events acknowledged in between, unless the master requires a replica for each write', async () => {
    expect(await lostInFailover([])).toBe(EVENTS);
    expect(await lostInFailover(['--min-replicas-to-write', '1', '--min-replicas-max-lag', '1'])).toBe(0);
  }, 120_000);
});
