import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { NatsSink } from '../../../src/gateway/sink/nats-sink.js';
import { startNats, type NatsBroker } from '../../support/nats-broker.js';
import { readStream, withManager } from '../../support/nats-stream.js';
import { receivedFromJson } from '../../support/received-event.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { describeVerdicts } from './verdict-suite.js';

const MAX_PAYLOAD = 64 * 1024;

let broker: NatsBroker;
let streams = 0;
let stream = '';

beforeAll(async () => {
  broker = await startNats([`max_payload: ${MAX_PAYLOAD}`]);
}, 120_000);

afterAll(() => broker.process.dispose());

async function begin(subject: string): Promise<NatsSink> {
  stream = `stream${++streams}`;
  await withManager(broker.url, async (manager) => {
    for (const { config } of await manager.streams.list().next()) await manager.streams.delete(config.name);
    await manager.streams.add({ name: stream, subjects: ['room.a', 'room.b'] });
  });
  const config = { addr: broker.url, stream, subject, required: true };
  return new NatsSink({ config, clock: systemClock, log: new RecordingLogger() });
}

const takes = (...subjects: string[]) =>
  withManager(broker.url, async (manager) => void (await manager.streams.update(stream, { subjects })));

const received = async (count: number) =>
  (await readStream(broker.url, stream, count)).map(({ json }) => receivedFromJson(json));

const change = { goWrong: () => takes('room.a'), comeRight: () => takes('room.a', 'room.b'), received };

describeVerdicts(
  'nats',
  [
    { name: 'a subject taken off its stream', begin: () => begin('room.b'), ...change },
    {
      name: 'one subject of several taken off its stream',
      begin: () => begin('room.{tag.room}'),
      destinationOf: (connection) => ({ redis: '', amqp: '', nats: connection < 5 ? 'room.b' : 'room.a' }),
      isOneOfSeveral: true,
      ...change,
    },
  ],
  [
    {
      name: 'a message larger than the server takes',
      begin: () => begin('room.a'),
      message: Buffer.alloc(MAX_PAYLOAD, 97),
      received,
    },
  ],
);
