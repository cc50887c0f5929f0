import { DiscardPolicy, type StreamConfig } from '@nats-io/jetstream';
import { afterAll, beforeAll } from 'vitest';
import { NatsSink } from '../../../src/gateway/sinks/nats/nats-sink.js';
import { startNats, type NatsBroker } from '../../support/nats-broker.js';
import { readStream, withManager } from '../../support/nats-stream.js';
import { receivedFromJson, type ReceivedEvent } from '../../support/received-event.js';
import { sinkDeps } from '../../support/sink-deps.js';
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
  const config = { addr: broker.url, stream, subject };
  return new NatsSink(config, sinkDeps());
}

const takes = (...subjects: string[]) =>
  withManager(broker.url, async (manager) => void (await manager.streams.update(stream, { subjects })));

const received = async (count: number) =>
  (await readStream(broker.url, stream, count)).map(({ json }) => receivedFromJson(json));

const update = (config: Partial<StreamConfig>) =>
  withManager(broker.url, async (manager) => void (await manager.streams.update(stream, config)));

/** Reads everything before the stream is deleted, because the test needs all of it. */
const before: ReceivedEvent[] = [];
const deleteStream = () =>
  withManager(broker.url, async (manager) => {
    await manager.streams.update(stream, { subjects: ['room.a'] });
    // The gateway would create the stream again at once.
    await manager.streams.add({ name: `other${streams}`, subjects: ['room.b'] });
    const { state } = await manager.streams.info(stream);
    before.push(...(await received(state.messages)));
    await manager.streams.delete(stream);
  });

const change = { goWrong: () => takes('room.a'), comeRight: () => takes('room.a', 'room.b'), received };

describeVerdicts(
  'nats',
  [
    {
      name: 'a stream that is deleted, its subjects taken by another',
      begin: () => begin('room.b'),
      goWrong: deleteStream,
      comeRight: () =>
        withManager(broker.url, async (manager) => void (await manager.streams.delete(`other${streams}`))),
      received: async (count) => {
        const inTime = new Set(before.map(({ connection, message }) => `${connection} ${String(message)}`)).size;
        return [...before.splice(0), ...(await received(count - inTime))];
      },
    },
    {
      name: 'a stream that is full',
      begin: () => begin('room.b'),
      goWrong: async () => {
        // The server drops messages above a new limit.
        const { state } = await withManager(broker.url, (manager) => manager.streams.info(stream));
        await update({ max_msgs: state.messages + 200, discard: DiscardPolicy.New });
      },
      comeRight: () => update({ max_msgs: -1 }),
      received,
    },
    {
      name: 'a size limit that is met on a new link',
      begin: () => begin('room.b'),
      goWrong: async () => {
        await update({ max_msg_size: 1 });
        await broker.process.kill();
        await broker.process.start();
      },
      comeRight: () => update({ max_msg_size: -1 }),
      received,
    },
    {
      name: 'a stream that takes no message of any size',
      begin: () => begin('room.b'),
      goWrong: () => update({ max_msg_size: 1 }),
      comeRight: () => update({ max_msg_size: -1 }),
      received,
    },
    { name: 'a subject taken off its stream', begin: () => begin('room.b'), ...change },
    {
      name: 'one subject of several taken off its stream',
      begin: () => begin('room.{tag.room}'),
      destinationOf: (connection) => [connection < 5 ? 'room.b' : 'room.a'],
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
