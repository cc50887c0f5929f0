import { afterAll, beforeAll } from 'vitest';
import { RedisSink, type RedisSinkConfig } from '../../../src/gateway/sinks/redis/redis-sink.js';
import { receivedEvent, type ReceivedEvent } from '../../support/received-event.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader, type StreamEntry } from '../../support/redis-stream-reader.js';
import { describeBroker } from './broker-suite.js';
import { sinkDeps } from '../../support/sink-deps.js';
import { describeSink } from './sink-suite.js';

/** Tests of properties that only Redis has are in redis-sink.slow.test.ts. */
let broker: RedisBroker;
let names = 0;
let newest: RedisSinkConfig;

beforeAll(async () => {
  broker = await startRedis(['--appendonly', 'yes']);
}, 120_000);

afterAll(async () => {
  await broker.process.dispose();
});

/** A sink with its own stream. */
function createSink(port: number): RedisSink {
  names++;
  newest = {
    addr: broker.url.replace(String(broker.port), String(port)),
    streamName: `events${names}`,
    eventIdField: 'id',
    closeReasonField: 'reason',
    maxLen: 0,
  };
  return new RedisSink(newest, sinkDeps());
}

async function received(count: number): Promise<readonly ReceivedEvent[]> {
  const reader = await RedisStreamReader.open(broker);
  return (await reader.entries(count, newest.streamName)).map(eventOf);
}

function eventOf(entry: StreamEntry): ReceivedEvent {
  const fields = Object.fromEntries([...entry].map(([name, value]) => [name, value.toString()]));
  return receivedEvent(fields, entry.get('message'));
}

describeSink('redis', ['id', 'reason'], () => Promise.resolve({ sink: createSink(broker.port), received }));

describeBroker('redis', () => ({
  port: broker.port,
  kill: () => broker.process.kill(),
  start: () => broker.process.start(),
  createSink,
  received,
}));
