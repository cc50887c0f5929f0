import { connect, type ConsumeMessage } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AmqpSink, type AmqpSinkConfig } from '../../../src/gateway/sinks/amqp/amqp-sink.js';
import { consumeQueue } from '../../support/amqp-consumer.js';
import { startRabbitmq, type RabbitmqBroker } from '../../support/rabbitmq-broker.js';
import { receivedFromJson, type ReceivedEvent } from '../../support/received-event.js';
import { testEvent, testEvents } from '../../support/test-event.js';
import { describeBroker } from './broker-suite.js';
import { sinkDeps } from '../../support/sink-deps.js';
import { describeSink } from './sink-suite.js';

const MAX_MESSAGE_BYTES = 1024 * 1024;

let broker: RabbitmqBroker;
let names = 0;
let newest: AmqpSinkConfig;

beforeAll(async () => {
  broker = await startRabbitmq([`max_message_size = ${MAX_MESSAGE_BYTES}`]);
}, 120_000);

afterAll(async () => {
  await broker.dispose();
});

/** A configuration with its own exchange and queue. */
function config(changed: Partial<AmqpSinkConfig> = {}): AmqpSinkConfig {
  names++;
  newest = {
    addr: broker.url,
    exchange: `exchange${names}`,
    queue: `queue${names}`,
    routingKey: 'events',
    headers: {},
    ...changed,
  };
  return newest;
}

async function received(count: number): Promise<readonly ReceivedEvent[]> {
  return (await consumeQueue(broker.url, newest.queue ?? '', count)).map(eventOf);
}

function eventOf({ content, properties }: ConsumeMessage): ReceivedEvent {
  const json = z.record(z.string(), z.string()).parse(JSON.parse(content.toString()));
  const { reason } = z.object({ reason: z.string().optional() }).parse(properties.headers);
  return receivedFromJson({ ...json, id: String(properties.messageId), ...(reason !== undefined && { reason }) });
}

async function onChannel(work: (channel: Awaited<ReturnType<typeof openChannel>>['channel']) => Promise<unknown>) {
  const { model, channel } = await openChannel();
  await work(channel);
  await model.close();
}

/**
 * Makes room for one message after the other. Returns the distinct ids in the order of their first
 * arrival.
 */
async function takeOneByOne(queue: string, count: number): Promise<string[]> {
  const { model, channel } = await openChannel();
  const ids = new Set<string>();
  while (ids.size < count) {
    const message = await channel.get(queue, { noAck: true });
    if (message !== false) ids.add(String(message.properties.messageId));
  }
  await model.close();
  return [...ids];
}

async function openChannel() {
  const model = await connect(broker.url);
  return { model, channel: await model.createChannel() };
}

async function withSink(sink: AmqpSink, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await sink.stop();
  }
}

describeSink('amqp', ['id', 'reason'], () => Promise.resolve({ sink: new AmqpSink(config(), sinkDeps()), received }));

describeBroker('amqp', () => ({
  port: broker.port,
  kill: () => broker.process.kill(),
  start: () => broker.process.start(),
  createSink: (port) =>
    new AmqpSink(config({ addr: broker.url.replace(String(broker.port), String(port)) }), sinkDeps()),
  received,
}));

describe('the amqp sink', () => {
  it('publishes persistent JSON with id, time, routing key, headers and the reason of a close', async () => {
    const sink = new AmqpSink(config({ headers: { region: 'eu' } }), sinkDeps());
    await withSink(sink, async () => {
      const destinations = ['room.7'];
      await sink.deliver([
        { ...testEvent(1), destinations },
        { id: testEvent(2).id, sequence: 2, connection: 'c1', action: 'close', tags: '', reason: 'closed_by_client' },
      ]);
    });
    const [message, close] = await consumeQueue(broker.url, newest.queue ?? '', 2);
    expect(message?.fields).toMatchObject({ exchange: newest.exchange, routingKey: 'room.7' });
    expect(message?.properties).toMatchObject({
      contentType: 'application/json',
      deliveryMode: 2,
      messageId: testEvent(1).id,
      headers: { region: 'eu' },
    });
    expect(Math.abs(Number(message?.properties.timestamp) - Date.now() / 1000)).toBeLessThan(60);
    expect(message?.content.toString()).toBe(
      '{"action":"message","connection":"c1","message":"hello","tags":"foo=bar","type":"text"}',
    );
    expect(close?.fields.routingKey).toBe('events');
    expect(close?.properties.headers).toEqual({ region: 'eu', reason: 'closed_by_client' });
  });

  it('publishes to the default exchange by the name of its queue', async () => {
    const sink = new AmqpSink(config({ exchange: '', routingKey: '' }), sinkDeps());
    await withSink(sink, async () => {
      await sink.start();
      expect(await sink.deliver(testEvents(1, 2))).toEqual({ settled: 2, refused: [] });
    });
    expect(await received(2)).toHaveLength(2);
  });

  it('reports an event that no queue takes, with its routing key as the cause', async () => {
    const sink = new AmqpSink(config({ queue: undefined, routingKey: '{tag.key}' }), sinkDeps());
    await withSink(sink, async () => {
      await sink.start();
      const { exchange } = newest;
      await onChannel(async (channel) => {
        await channel.assertQueue(exchange, { durable: true });
        await channel.bindQueue(exchange, exchange, 'events');
      });
      const at = (sequence: number, amqp: string) => ({
        ...testEvent(sequence),
        destinations: [amqp],
      });
      const lost = at(2, 'elsewhere');
      const failure = { blames: 'destination', reason: 'No queue takes it: NO_ROUTE.' };
      const receipt = await sink.deliver([at(1, 'events'), lost, at(3, 'events')]);
      expect(receipt).toEqual({ settled: 3, refused: [], failed: [{ event: lost, failure }] });
      expect(sink.destinationOf(lost)).toBe('elsewhere');
      newest = { ...newest, queue: exchange };
      expect((await received(2)).map(({ id }) => id)).toEqual([testEvent(1).id, testEvent(3).id]);
    });
  });

  it('blames the event for which the broker closes the channel, and settles those before it', async () => {
    const sink = new AmqpSink(config(), sinkDeps());
    await withSink(sink, async () => {
      await sink.start();
      const large = { ...testEvent(3), message: Buffer.alloc(MAX_MESSAGE_BYTES + 1, 97) };
      await expect(sink.deliver([large])).rejects.toMatchObject({ blames: 'event' });
      expect(await sink.deliver(testEvents(4, 6))).toEqual({ settled: 3, refused: [] });
    });
  });

  it('keeps the order at a full queue that rejects messages', async () => {
    const sink = new AmqpSink(config({ queue: undefined }), sinkDeps());
    await withSink(sink, async () => {
      await sink.start();
      const { exchange } = newest;
      newest = { ...newest, queue: exchange };
      const overflow = { 'x-max-length': 5, 'x-overflow': 'reject-publish' };
      await onChannel(async (channel) => {
        await channel.assertQueue(exchange, { durable: true, arguments: overflow });
        await channel.bindQueue(exchange, exchange, '#');
      });
      let { settled } = await sink.deliver(testEvents(1, 20));
      expect(settled).toBeLessThan(20);
      await received(settled);
      const first = settled;
      const arrived = takeOneByOne(exchange, 200 - first);
      while (settled < 200) {
        const receipt = await sink.deliver(testEvents(settled + 1, 200)).catch(() => undefined);
        settled += receipt?.settled ?? 0;
      }
      expect(await arrived).toEqual(testEvents(first + 1, 200).map(({ id }) => id));
    });
  });

  it('refuses a routing key that AMQP cannot carry', async () => {
    const sink = new AmqpSink(config(), sinkDeps());
    await withSink(sink, async () => {
      const long = { ...testEvent(1), destinations: ['x'.repeat(256)] };
      expect(await sink.deliver([long, testEvent(2)])).toMatchObject({ settled: 2, refused: [{ event: long }] });
    });
  });

  it.each(['exchange', 'queue'] as const)('declares its %s again when it is deleted', async (what) => {
    const sink = new AmqpSink(config(), sinkDeps());
    await withSink(sink, async () => {
      await sink.start();
      await sink.deliver(testEvents(1, 2));
      expect(await received(2)).toHaveLength(2);
      const { exchange, queue = '' } = newest;
      await onChannel((channel) => (what === 'queue' ? channel.deleteQueue(queue) : channel.deleteExchange(exchange)));
      await expect(sink.deliver(testEvents(3, 5))).rejects.toThrow(what === 'queue' ? 'queue is gone' : 'NOT_FOUND');
      expect(await sink.deliver(testEvents(3, 5))).toEqual({ settled: 3, refused: [] });
      expect(await received(3)).toHaveLength(3);
    });
  });

  it.each([
    ['an exchange of another type', 'exchange'],
    ['a queue that is not durable', 'queue'],
  ])('does not start with %s', async (_, what) => {
    const { exchange, queue = '' } = config();
    const { model, channel } = await openChannel();
    if (what === 'exchange') await channel.assertExchange(exchange, 'direct', { durable: true });
    else await channel.assertQueue(queue, { durable: false });
    const sink = new AmqpSink(newest, sinkDeps());
    await withSink(sink, async () => {
      const error: unknown = await sink.start().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'sink.refused' });
      expect(String(error)).toMatch(/PRECONDITION_FAILED - inequivalent arg|RESOURCE_LOCKED/);
      await expect(sink.deliver(testEvents(1, 1))).rejects.toThrow('inequivalent arg');
    });
    await model.close();
  });

  it.each([
    ['a wrong password', (url: string) => url.replace('guest:guest', 'guest:marked-secret')],
    ['a virtual host that does not exist', (url: string) => `${url}/nowhere`],
  ])('does not start with %s, and names the broker without password', async (_, change) => {
    const sink = new AmqpSink(config({ addr: change(broker.url) }), sinkDeps());
    const error: unknown = await sink.start().catch((thrown: unknown) => thrown);
    await sink.stop();
    expect(error).toMatchObject({ code: 'sink.refused' });
    expect(String(error)).toContain(`amqp sink was refused by amqp://guest:***@127.0.0.1:${broker.port}`);
    expect(JSON.stringify([String(error), error])).not.toContain('marked-secret');
  });
});
