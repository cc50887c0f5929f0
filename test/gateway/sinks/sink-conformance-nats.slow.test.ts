import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { StartPurpose } from '../../../src/gateway/sinks/event-sink.js';
import { NatsSink, type NatsSinkConfig } from '../../../src/gateway/sinks/nats/nats-sink.js';
import { startNats, type NatsBroker } from '../../support/nats-broker.js';
import { readStream, withManager } from '../../support/nats-stream.js';
import { receivedFromJson, type ReceivedEvent } from '../../support/received-event.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { testEvent, testEvents } from '../../support/test-event.js';
import { describeBroker } from './broker-suite.js';
import { sinkDeps } from '../../support/sink-deps.js';
import { describeSink } from './sink-suite.js';

const MAX_PAYLOAD = 1024 * 1024;

let broker: NatsBroker;
let url: string;
let names = 0;
let newest: NatsSinkConfig;
let log: RecordingLogger;

beforeAll(async () => {
  broker = await startNats([`max_payload: ${MAX_PAYLOAD}`, 'authorization { user: wsg, password: "s3cret" }']);
  url = broker.url.replace('//', '//wsg:s3cret@');
}, 120_000);

afterAll(async () => {
  await broker.process.dispose();
});

/** A configuration with its own stream and subject. */
function config(changed: Partial<NatsSinkConfig> = {}): NatsSinkConfig {
  names++;
  newest = { addr: url, stream: `stream${names}`, subject: `events${names}`, ...changed };
  return newest;
}

function createSink(changed: Partial<NatsSinkConfig> = {}): NatsSink {
  log = new RecordingLogger();
  return new NatsSink(config(changed), sinkDeps({ log }));
}

async function received(count: number): Promise<readonly ReceivedEvent[]> {
  return (await readStream(url, newest.stream, count)).map(({ json, header }) => {
    const id = header('Nats-Msg-Id') ?? '';
    const reason = header('reason');
    return receivedFromJson({ ...json, id, ...(reason !== undefined && { reason }) });
  });
}

async function sequences(count: number): Promise<number[]> {
  return (await received(count)).map(({ id = '' }) => Number(id.split('-').at(-1)));
}

async function withSink(sink: NatsSink, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await sink.stop();
  }
}

const at = (event: GatewayEvent, nats: string): GatewayEvent => ({
  ...event,
  destinations: [nats],
});

describeSink('nats', ['id', 'reason'], () => Promise.resolve({ sink: createSink(), received }));

describeBroker('nats', () => ({
  port: broker.port,
  kill: () => broker.process.kill(),
  start: () => broker.process.start(),
  createSink: (port) => createSink({ addr: url.replace(String(broker.port), String(port)) }),
  received,
}));

describe('the nats sink', () => {
  it('creates a stream that takes every subject of its template', async () => {
    const sink = createSink({ subject: 'room.{tag.room}.x' });
    await withSink(sink, async () => {
      await sink.start();
      expect(await sink.deliver([at(testEvent(1), 'room.7.x')])).toEqual({ settled: 1, refused: [] });
    });
    const [message] = await readStream(url, newest.stream, 1);
    expect(message?.subject).toBe('room.7.x');
    expect(message?.json).toEqual({
      action: 'message',
      connection: 'c1',
      message: 'hello',
      tags: 'foo=bar',
      type: 'text',
    });
    expect(message?.header('Nats-Msg-Id')).toBe(testEvent(1).id);
  });

  it('stores an event once when it is offered again', async () => {
    const sink = createSink();
    await withSink(sink, async () => {
      await sink.deliver(testEvents(1, 5));
      expect(await sink.deliver(testEvents(3, 8))).toEqual({ settled: 6, refused: [] });
    });
    expect(await sequences(8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('refuses events that the stream cannot take, reports a wrong subject, and continues in order', async () => {
    const sink = createSink({ subject: 'good.{tag.x}' });
    await withSink(sink, async () => {
      await sink.start();
      const batch = [
        at(testEvent(1), 'good.a'),
        at(testEvent(2), 'other.a'),
        at(testEvent(3), 'good..a'),
        at({ ...testEvent(4), message: Buffer.alloc(MAX_PAYLOAD, 97) }, 'good.b'),
        at(testEvent(5), 'good.b'),
      ];
      const receipt = await sink.deliver(batch);
      expect(receipt.settled).toBe(5);
      expect(receipt.refused.map(({ event, reason }) => [event.sequence, reason])).toEqual([
        [3, 'Its subject is empty, or has a wildcard or white space.'],
        [4, `It is larger than ${MAX_PAYLOAD} bytes.`],
      ]);
      expect(receipt.failed).toMatchObject([{ event: { sequence: 2 }, failure: { blames: 'destination' } }]);
    });
    expect(await sequences(2)).toEqual([1, 5]);
  });

  it('keeps later events behind one that does not fit into the stream at the moment', async () => {
    const sink = createSink();
    const { stream, subject } = newest;
    await withManager(url, (manager) =>
      manager.streams.add({ name: stream, subjects: [subject], max_bytes: 4096, discard: 'new' }),
    );
    await withSink(sink, async () => {
      const batch = [testEvent(1), testEvent(2, 'x'.repeat(5000)), testEvent(3), testEvent(4)];
      expect(await sink.deliver(batch)).toMatchObject({ settled: 1, refused: [], failure: { blames: 'attempt' } });
      await expect(sink.deliver(batch.slice(1))).rejects.toThrow('maximum bytes exceeded');
      await withManager(url, (manager) => manager.streams.update(stream, { max_bytes: 65_536 }));
      expect(await sink.deliver(batch.slice(1))).toEqual({ settled: 3, refused: [] });
    });
    expect(await sequences(4)).toEqual([1, 2, 3, 4]);
  });

  it('a full subject stops all events behind it, with the subject as the cause, until there is room', async () => {
    const sink = createSink();
    const { stream, subject } = newest;
    const full = { max_msgs_per_subject: 1, discard: 'new', discard_new_per_subject: true } as const;
    await withManager(url, (manager) => manager.streams.add({ name: stream, subjects: [subject], ...full }));
    await withSink(sink, async () => {
      const batch = testEvents(1, 3);
      expect(await sink.deliver(batch)).toMatchObject({ settled: 1, refused: [], failure: { blames: 'destination' } });
      await expect(sink.deliver(batch.slice(1))).rejects.toMatchObject({
        blames: 'destination',
        message: expect.stringContaining('per subject'),
      });
      await withManager(url, (manager) => manager.streams.update(stream, { max_msgs_per_subject: 10 }));
      expect(await sink.deliver(batch.slice(1))).toEqual({ settled: 2, refused: [] });
    });
    expect(await sequences(3)).toEqual([1, 2, 3]);
  });

  it('shares its stream with other writers, and keeps the order of each connection', async () => {
    const sink = createSink();
    const otherLog = new RecordingLogger();
    const other = new NatsSink(newest, sinkDeps({ log: otherLog }));
    const writers = [
      { sink, name: 'own', sent: 0 },
      { sink: other, name: 'foreign', sent: 0 },
    ];
    const isSharedStream = () => [...log.events, ...otherLog.events].includes('nats.stream-shared');
    await withSink(sink, () =>
      withSink(other, async () => {
        await sink.start();
        // Whether messages of both writers interleave depends on the server.
        for (let tries = 0; tries < 100 && !isSharedStream(); tries++) await Promise.all(writers.map(sendMore));
        await Promise.all(writers.map(sendMore));
      }),
    );
    expect(isSharedStream()).toBe(true);
    const events = await received(writers.reduce((sum, { sent }) => sum + sent, 0));
    for (const { name, sent } of writers) {
      for (const event of numbered(name, 1, 4)) {
        const of = (list: readonly ReceivedEvent[]) =>
          list.filter(({ connection }) => connection === event.connection).map(({ id }) => id);
        expect(of(events)).toEqual(of(numbered(name, 1, sent)));
      }
    }
  });

  it.each([
    [{ max_msgs: 100 }, 0],
    [{ subjects: ['quite.else'] }, 3],
    [{ max_msg_size: 1 }, 3],
  ])('makes its stream again when it is deleted after it was changed: %j', async (change, refusals) => {
    const sink = createSink();
    await withSink(sink, async () => {
      await sink.deliver(testEvents(1, 2));
      await withManager(url, ({ streams }) => streams.update(newest.stream, change));
      // The sink now knows the stream's limits, and sends nothing that the stream would refuse.
      for (let tries = 0; tries < refusals; tries++)
        await expect(sink.deliver(testEvents(3, 5))).rejects.toThrow('is away');
      await withManager(url, ({ streams }) => streams.delete(newest.stream));
      await expect(sink.deliver(testEvents(3, 5))).rejects.toThrow(/stream not found|no stream listens/);
      expect(await sink.deliver(testEvents(3, 5))).toEqual({ settled: 3, refused: [] });
    });
    expect(await sequences(3)).toEqual([3, 4, 5]);
  });

  it('does not start with a stream that takes other subjects', async () => {
    const sink = createSink();
    await withManager(url, (manager) => manager.streams.add({ name: newest.stream, subjects: ['quite.else'] }));
    const { stream, subject } = newest;
    expect(await refusalOf(sink)).toContain(`the stream '${stream}' takes quite.else, but not '${subject}'`);
  });

  it('fails start and look with a stream that never acknowledges', async () => {
    const reason = 'has no_ack set: it keeps messages without acknowledging them, and would be filled with copies';
    for (const purpose of ['deliver', 'look'] as const) {
      const sink = createSink();
      const { stream, subject } = newest;
      await withManager(url, ({ streams }) => streams.add({ name: stream, subjects: [subject], no_ack: true }));
      expect(await refusalOf(sink, purpose)).toContain(`the stream '${stream}' ${reason}`);
    }
  });

  it('offers a batch once to a stream that stops acknowledging, and is away until it resumes', async () => {
    const sink = createSink();
    await withSink(sink, async () => {
      await sink.start();
      await sink.deliver(testEvents(1, 2));
      const { stream } = newest;
      const subjects = [newest.subject];
      await withManager(url, async ({ streams }) => {
        await streams.delete(stream);
        await streams.add({ name: stream, subjects, no_ack: true });
      });
      await expect(sink.deliver(testEvents(3, 5))).rejects.toThrow('no acknowledgement came');
      for (let tries = 0; tries < 5; tries++) {
        await expect(sink.deliver(testEvents(3, 5))).rejects.toThrow('has no_ack set');
      }
      const { messages } = await withManager(url, async ({ streams }) => (await streams.info(stream)).state);
      expect(messages).toBe(3);
      await withManager(url, ({ streams }) => streams.update(stream, { no_ack: false }));
      expect(await sink.deliver(testEvents(3, 5))).toEqual({ settled: 3, refused: [] });
    });
    expect(await sequences(3)).toEqual([3, 4, 5]);
  }, 30_000);

  it('looks without creating the stream', async () => {
    const sink = createSink();
    await withSink(sink, () => sink.start('look'));
    expect(await withManager(url, ({ streams }) => streams.info(newest.stream).catch(() => 'none'))).toBe('none');
  });

  it('does not start when its stream cannot be created', async () => {
    for (const purpose of ['deliver', 'look'] as const) {
      expect(await refusalOf(createSink({ subject: '{tag.x}' }), purpose)).toContain('subjects');
      const sink = createSink({ subject: `taken${names}.{tag.x}` });
      const other = `other-${names}`;
      await withManager(url, ({ streams }) => streams.add({ name: other, subjects: [`taken${names - 1}.a`] }));
      expect(await refusalOf(sink, purpose)).toContain('subjects');
    }
  });

  it('does not start with a wrong password, and names the server without password', async () => {
    const sink = createSink({ addr: url.replace('s3cret', 'marked-secret') });
    expect(await refusalOf(sink)).toContain(`nats sink was refused by nats://wsg:***@127.0.0.1:${broker.port}: `);
  });
});

/** The sentence of the refusal. */
async function refusalOf(sink: NatsSink, purpose: StartPurpose = 'deliver'): Promise<string> {
  const error: unknown = await sink.start(purpose).catch((thrown: unknown) => thrown);
  await sink.stop();
  expect(error).toMatchObject({ code: 'sink.refused' });
  expect(JSON.stringify([String(error), error])).not.toContain('marked-secret');
  return String(error);
}

/** Events of four connections, round-robin. */
function numbered(name: string, first: number, last: number): GatewayEvent[] {
  return testEvents(first, last).map((event) => ({
    ...event,
    id: `${name}-${event.sequence}`,
    connection: `${name}-${event.sequence % 4}`,
  }));
}

/** Delivers as the outbox does: again what was not settled. */
async function sendMore(writer: { readonly sink: NatsSink; readonly name: string; sent: number }): Promise<void> {
  const last = writer.sent + 500;
  while (writer.sent < last) {
    const { settled } = await writer.sink.deliver(numbered(writer.name, writer.sent + 1, last));
    writer.sent += settled;
  }
}
