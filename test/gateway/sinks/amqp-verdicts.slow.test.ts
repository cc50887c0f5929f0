import { connect } from 'amqplib';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { AmqpSink } from '../../../src/gateway/sinks/amqp/amqp-sink.js';
import { consumeQueue } from '../../support/amqp-consumer.js';
import { startRabbitmq, type RabbitmqBroker } from '../../support/rabbitmq-broker.js';
import { receivedFromJson, type ReceivedEvent } from '../../support/received-event.js';
import { testOutbox } from '../../support/test-outbox.js';
import { sinkDeps } from '../../support/sink-deps.js';
import { describeVerdicts } from './verdict-suite.js';

const MAX_MESSAGE_BYTES = 64 * 1024;

let broker: RabbitmqBroker;
let names = 0;
let queue = '';
/** Messages that were read from the queue before its deletion. */
let before: ReceivedEvent[] = [];

beforeAll(async () => {
  broker = await startRabbitmq([`max_message_size = ${MAX_MESSAGE_BYTES}`]);
}, 120_000);

afterAll(() => broker.dispose());

type Channel = Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>;

async function onChannel(work: (channel: Channel) => Promise<unknown>): Promise<void> {
  const model = await connect(broker.url);
  await work(await model.createChannel());
  await model.close();
}

function begin(changed: { exchange?: string; queue?: string | undefined; routingKey?: string } = {}): AmqpSink {
  queue = `queue${++names}`;
  before = [];
  const config = { addr: broker.url, exchange: `ex${names}`, queue, routingKey: 'a', headers: {} };
  return new AmqpSink({ ...config, ...changed }, sinkDeps());
}

function eventOf({ content }: { readonly content: Buffer }): ReceivedEvent {
  return receivedFromJson(z.record(z.string(), z.string()).parse(JSON.parse(content.toString())));
}

const received = async (count: number) => {
  const inTime = new Set(before.map(({ connection, message }) => `${connection} ${String(message)}`)).size;
  return [...before, ...(await consumeQueue(broker.url, queue, count - inTime)).map(eventOf)];
};

/**
 * Reads everything in the queue before its deletion, because the test needs all of it.
 */
const deleteQueue = () =>
  onChannel(async (channel) => {
    for (let message = await channel.get(queue); message !== false; message = await channel.get(queue))
      before.push(eventOf(message));
    await channel.deleteQueue(queue);
  });

/** Binds the queue to the exchange of the test with these keys only. */
const bind = (...keys: readonly string[]) =>
  onChannel(async (channel) => {
    await channel.assertQueue(queue, { durable: true });
    await channel.assertExchange(`ex${names}`, 'topic', { durable: true });
    for (const key of ['a', 'b']) await channel.unbindQueue(queue, `ex${names}`, key);
    for (const key of keys) await channel.bindQueue(queue, `ex${names}`, key);
  });

async function beginUnbound(routingKey: string): Promise<AmqpSink> {
  const sink = begin({ queue: undefined, routingKey });
  await bind('a', 'b');
  return sink;
}

const unbind = { goWrong: () => bind('a'), comeRight: () => bind('a', 'b'), received };

/** Closes the connections: the broker checks rights at the opening of a channel only. */
const changeRights = async (...args: readonly string[]) => {
  await broker.control(...args);
  await broker.control('close_all_connections', 'the rights have changed');
};

const severalKeys = {
  begin: () => beginUnbound('{tag.key}'),
  destinationOf: (connection: number) => [connection < 5 ? 'b' : 'a'],
  isOneOfSeveral: true,
  received,
};

describeVerdicts(
  'amqp',
  [
    {
      name: 'a user that may no longer write',
      begin: () => Promise.resolve(begin()),
      goWrong: () => changeRights('set_permissions', '-p', '/', 'guest', '.*', '', '.*'),
      comeRight: () => broker.control('set_permissions', '-p', '/', 'guest', '.*', '.*', '.*'),
      received,
    },
    {
      name: 'a user that may no longer do anything',
      begin: () => Promise.resolve(begin()),
      goWrong: () => changeRights('clear_permissions', '-p', '/', 'guest'),
      comeRight: () => broker.control('set_permissions', '-p', '/', 'guest', '.*', '.*', '.*'),
      received,
    },
    {
      name: 'one routing key of several that the user may no longer write',
      ...severalKeys,
      goWrong: () => changeRights('set_topic_permissions', '-p', '/', 'guest', `ex${names}`, '^a$', '.*'),
      comeRight: () => broker.control('clear_topic_permissions', '-p', '/', 'guest', `ex${names}`),
    },
    {
      // More than the queue has: the broker drops messages above a new limit.
      name: 'a queue that is full and rejects',
      begin: () => Promise.resolve(begin()),
      goWrong: () =>
        broker.control(
          'set_policy',
          '--apply-to',
          'queues',
          'full',
          `^${queue}$`,
          '{"max-length":500,"overflow":"reject-publish"}',
        ),
      comeRight: () => broker.control('clear_policy', 'full'),
      received,
    },
    { name: 'a routing key without a queue', begin: () => beginUnbound('b'), ...unbind },
    {
      name: 'one routing key of several without a queue',
      begin: () => beginUnbound('{tag.key}'),
      destinationOf: (connection) => [connection < 5 ? 'b' : 'a'],
      isOneOfSeveral: true,
      ...unbind,
    },
  ],
  [
    {
      name: 'a message over which the broker closes the channel',
      begin: () => Promise.resolve(begin()),
      message: Buffer.alloc(MAX_MESSAGE_BYTES + 1, 97),
      received,
    },
  ],
);

it.each([
  ['the default exchange', { exchange: '', routingKey: '' }],
  ['a named exchange', {}],
])('our own queue on %s is declared again, and returned messages are published again', async (_, changed) => {
  const sink = begin(changed);
  const outbox = testOutbox([sink]);
  onTestFinished(async () => void (await outbox.stop(1_000)));
  await outbox.start();
  const say = (text: string) =>
    outbox.append({ connection: 'c1', action: 'message', type: 'text', tags: '', message: Buffer.from(text) });
  say('0');
  await expect.poll(() => outbox.state().events, { timeout: 50_000 }).toBe(0);
  await deleteQueue();
  const texts = Array.from({ length: 100 }, (_, index) => String(index + 1));
  texts.forEach(say);
  await expect.poll(() => outbox.state().events, { timeout: 50_000 }).toBe(0);
  expect(outbox.state().sinks[0]).toMatchObject({ refused: 0, status: 'up' });
  const arrived = await consumeQueue(broker.url, queue, 100);
  expect(arrived.map((message) => String(eventOf(message).message))).toEqual(texts);
});

it('a broker that blocks the connection counts as away with its reason, and as up once it reads', async () => {
  const sink = begin();
  const outbox = testOutbox([sink], { config: { silentAfterMs: 1_000 } });
  onTestFinished(async () => void (await outbox.stop(1_000)));
  onTestFinished(() => broker.control('set_vm_memory_high_watermark', '0.8'));
  await outbox.start();
  await broker.control('set_vm_memory_high_watermark', '0.00001');
  outbox.append({ connection: 'c1', action: 'open', tags: '' });
  await expect
    .poll(() => outbox.state().sinks[0]?.reason, { timeout: 80_000 })
    .toMatch(/not answered for 1 s: the broker has blocked/);
  expect(outbox.state().sinks[0]?.status).toBe('away');
  await broker.control('set_vm_memory_high_watermark', '0.8');
  await expect.poll(() => outbox.state().events, { timeout: 80_000 }).toBe(0);
  expect(outbox.state().sinks[0]?.status).toBe('up');
}, 240_000);
