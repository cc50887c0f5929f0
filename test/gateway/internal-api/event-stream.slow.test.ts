import { get } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { QueueLimits } from '../../../src/gateway/event/event-queue.js';
import { EventStream } from '../../../src/gateway/internal-api/event-stream.js';
import { MemorySink } from '../../../src/gateway/sinks/memory/memory-sink.js';
import { EventStreamClient, type StreamBlock } from '../../support/event-stream-client.js';
import { ManualClock } from '../../support/manual-clock.js';
import { settle } from '../../support/settle.js';
import { TEST_BOOT, testEvent, testEvents } from '../../support/test-event.js';
import { createTransport } from '../transport/transport-fixture.js';

const WHOLE: QueueLimits = { maxEvents: 1_000_000, maxBytes: 1_000_000_000 };

function id(sequence: number): string {
  return `00af-1700000000000-${sequence}`;
}

function block(sequence: number, text = 'hello'): StreamBlock {
  const data = `{"action":"message","connection":"c1","message":"${text}","tags":"foo=bar","type":"text"}`;
  return { id: id(sequence), event: 'message', data };
}

function blocks(first: number, last: number): StreamBlock[] {
  return Array.from({ length: last - first + 1 }, (_, index) => block(first + index));
}

describe.each(['uws', 'ws'] as const)('the event stream (%s)', (name) => {
  let clock: ManualClock;
  let sink: MemorySink;
  let url: string;
  let stop: () => Promise<void>;

  beforeEach(() => listen(WHOLE));

  afterEach(() => stop());

  async function listen(limits: QueueLimits): Promise<void> {
    clock = new ManualClock();
    sink = new MemorySink({ boot: TEST_BOOT, clock, limits });
    const stream = new EventStream(sink, clock);
    const { transport } = await createTransport(name, { endpoints: [], http: (exchange) => stream.handle(exchange) });
    const { port } = await transport.listen();
    url = `http://127.0.0.1:${port}/events`;
    stop = () => transport.stop();
  }

  /** A ring other than the usual one. */
  async function listenAnew(limits: QueueLimits): Promise<void> {
    await stop();
    await listen(limits);
  }

  /** A stream whose preamble has been read. */
  async function open(query = '', headers: Readonly<Record<string, string>> = {}): Promise<EventStreamClient> {
    const client = await EventStreamClient.open(url + query, headers);
    expect(await client.next()).toEqual({ retry: '1000' });
    return client;
  }

  it('is an event stream that proxies must not cache or buffer', async () => {
    const { response } = await open();
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
  });

  it('starts with its position, then streams new events', async () => {
    await sink.deliver(testEvents(1, 3));
    const client = await open();
    expect(await client.next()).toEqual({ id: id(3) });
    await sink.deliver(testEvents(4, 5));
    expect(await client.nextBlocks(2)).toEqual(blocks(4, 5));
  });

  it('names open and close events, which have neither message nor type', async () => {
    const client = await open();
    await sink.deliver([
      { id: id(1), sequence: 1, connection: 'c1', action: 'open', tags: '' },
      { id: id(2), sequence: 2, connection: 'c1', action: 'close', tags: 'a=1' },
    ]);
    expect(await client.nextBlocks(3)).toEqual([
      { id: id(0) },
      { id: id(1), event: 'open', data: '{"action":"open","connection":"c1","tags":""}' },
      { id: id(2), event: 'close', data: '{"action":"close","connection":"c1","tags":"a=1"}' },
    ]);
  });

  it('gives a message with line breaks in one data line', async () => {
    const client = await open();
    await sink.deliver([testEvent(1, 'a\nb\r\n\nc')]);
    expect((await client.nextBlocks(2))[1]).toEqual(block(1, String.raw`a\nb\r\n\nc`));
  });

  it.each([['?since=0', {}] as const, ['', { 'Last-Event-ID': '0' }] as const])(
    'starts with the oldest event kept when asked for 0 (%j, %j)',
    async (query, headers) => {
      await listenAnew({ ...WHOLE, maxEvents: 3 });
      await sink.deliver(testEvents(1, 5));
      const client = await open(query, headers);
      expect(await client.nextBlocks(4)).toEqual([{ id: id(2) }, ...blocks(3, 5)]);
    },
  );

  it.each([[`?since=${id(2)}`, {}] as const, ['', { 'Last-Event-ID': id(2) }] as const])(
    'resumes behind the event that was asked for (%j, %j)',
    async (query, headers) => {
      await sink.deliver(testEvents(1, 5));
      const client = await open(query, headers);
      expect(await client.nextBlocks(4)).toEqual([{ id: id(2) }, ...blocks(3, 5)]);
    },
  );

  it('prefers the header to the query: a browser that reconnects sends both', async () => {
    await sink.deliver(testEvents(1, 5));
    const client = await open('?since=0', { 'Last-Event-ID': id(4) });
    expect(await client.nextBlocks(2)).toEqual([{ id: id(4) }, block(5)]);
  });

  it('reports how many events are missing when the ring has moved on', async () => {
    await listenAnew({ ...WHOLE, maxEvents: 3 });
    await sink.deliver(testEvents(1, 10));
    const client = await open(`?since=${id(2)}`);
    const gap = { id: id(7), event: 'gap', data: '{"missing":5}' };
    expect(await client.nextBlocks(5)).toEqual([{ id: id(2) }, gap, ...blocks(8, 10)]);
  });

  it('counts an event that was too large for the ring as missing', async () => {
    await listenAnew({ ...WHOLE, maxBytes: 2_000 });
    await sink.deliver([testEvent(1), testEvent(2, 'x'.repeat(2_000)), testEvent(3)]);
    const client = await open('?since=0');
    const gap = { id: id(2), event: 'gap', data: '{"missing":1}' };
    expect(await client.nextBlocks(4)).toEqual([{ id: id(0) }, block(1), gap, block(3)]);
  });

  it.each(['00af-1600000000000-7', '00b0-1700000000000-1', id(99)])(
    'does not know how many are missing behind an id that it never gave (%s), and gives all that it has',
    async (asked) => {
      await sink.deliver(testEvents(1, 2));
      const client = await open('', { 'Last-Event-ID': asked });
      const gap = { id: id(0), event: 'gap', data: '{"missing":"unknown"}' };
      expect(await client.nextBlocks(3)).toEqual([gap, ...blocks(1, 2)]);
    },
  );

  it.each(['?since=', '?since=yesterday', '?since=00af-1'])('refuses %j with a sentence', async (query) => {
    const { status, body } = await fetchText(url + query);
    expect(status).toBe(400);
    expect(body).toContain(`${JSON.stringify(query.slice(7))} is not an event id: `);
  });

  it('sends a comment every 15 s as a heartbeat', async () => {
    const client = await open();
    await client.next();
    for (let i = 0; i < 2; i++) {
      clock.advance(15_000);
      expect(await client.next()).toEqual({ comment: '' });
    }
  });

  it('forgets a reader that has disconnected', async () => {
    const client = await open();
    await client.next();
    expect(sink.state().readers).toBe(1);
    client.close();
    await settle(() => sink.state().readers === 0);
    expect(clock.waiting).toBe(0);
  });

  it('serves several readers, each from its own position', async () => {
    await sink.deliver(testEvents(1, 4));
    const clients = await Promise.all([open('?since=0'), open(`?since=${id(3)}`), open()]);
    await sink.deliver(testEvents(5, 5));
    const read = await Promise.all([5, 2, 1].map(async (count, index) => clients[index]?.nextBlocks(count + 1)));
    expect(read.map((got) => got?.slice(1))).toEqual([blocks(1, 5), blocks(4, 5), blocks(5, 5)]);
  });

  it('streams everything in order to a reader far behind', async () => {
    await sink.deliver(testEvents(1, 20_000));
    const client = await open('?since=0');
    expect((await client.nextBlocks(20_001)).map((got) => got.id)).toEqual(
      Array.from({ length: 20_001 }, (_, index) => id(index)),
    );
  });

  it('lets a slow reader fall behind, and reports the gap', async () => {
    await listenAnew({ ...WHOLE, maxEvents: 20 });
    const client = await open('?since=0');
    await client.next();
    client.response.pause();
    const text = 'x'.repeat(100_000);
    for (let sequence = 1; sequence <= 400; sequence++) {
      await sink.deliver([testEvent(sequence, text)]);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    client.response.resume();
    const got: StreamBlock[] = [];
    while (got.at(-1)?.id !== id(400)) got.push((await client.next()) ?? { id: id(400) });
    const missing = got.filter(({ event }) => event === 'gap').map(({ data }) => Number(/\d+/.exec(data ?? '')?.[0]));
    const read = got.filter(({ event }) => event === 'message').length;
    expect(missing.length).toBeGreaterThan(0);
    expect(read + missing.reduce((sum, count) => sum + count, 0)).toBe(400);
  });

  it('streams all events before the sink stops, then ends', async () => {
    const client = await open('?since=0');
    await client.next();
    await sink.deliver(testEvents(1, 2_000));
    await sink.stop();
    await stop();
    expect(await client.nextBlocks(2_001)).toHaveLength(2_000);
  });

  it('does not wait for a reader that does not read when the sink stops', async () => {
    await stalledReader(url);
    await settle(() => sink.state().readers === 1);
    for (let sequence = 1; sequence <= 100; sequence++) await sink.deliver([testEvent(sequence, 'x'.repeat(200_000))]);
    const stopped = sink.stop();
    clock.advance(5_000);
    await stopped;
    expect(sink.isStopped()).toBe(true);
  });
});

/** A peer that asks for the stream and then never reads. */
async function stalledReader(url: string): Promise<void> {
  const { port, pathname } = new URL(url);
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  onTestFinished(() => void socket.destroy());
  socket.pause();
  await new Promise<void>((resolve) => {
    socket.write(`GET ${pathname}?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n`, () => resolve());
  });
}

async function fetchText(url: string): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    }).on('error', reject);
  });
}
