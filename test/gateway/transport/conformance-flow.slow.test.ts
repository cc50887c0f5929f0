import { expect, it } from 'vitest';
import type { SendStatus } from '../../../src/gateway/transport/socket.js';
import { OPCODE, type RawWebSocket } from '../../support/raw-websocket.js';
import type { TestConnection } from './recording-handler.js';
import { bytes, onBothAlsoOverTls, text } from './transport-fixture.js';

const KIB = 1024;
/** More than the kernel takes for a reader that does not read. */
const MANY = 400;

async function readTexts(client: RawWebSocket, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) texts.push((await client.frame()).payload.toString());
  return texts;
}

/** Sends 64 KiB messages, one an event loop turn, until one is not simply sent. */
async function sendUntil(wanted: SendStatus, { socket }: TestConnection): Promise<Record<SendStatus, number>> {
  const counts = { sent: 0, buffered: 0, dropped: 0 };
  for (let i = 0; i < MANY && counts[wanted] === 0; i += 1) {
    counts[socket.send(bytes(64 * KIB))] += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return counts;
}

onBothAlsoOverTls('backpressure', (bench) => {
  it('returns sent and buffers nothing while the kernel accepts what is sent', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    for (let turn = 0; turn < 3; turn += 1) {
      expect(socket.send(text('small'))).toBe('sent');
      expect(socket.send(bytes(8 * KIB))).toBe('sent');
      expect(socket.bufferedBytes()).toBe(0);
      expect(await client.frame()).toMatchObject({ opcode: OPCODE.text });
      expect((await client.frame()).payload).toHaveLength(8 * KIB);
    }
    expect(fixture.handler.count('drain')).toBe(0);
  });

  it('returns buffered for a slow reader, dropped above the limit, and drains when it reads', async () => {
    const fixture = await bench.start({ endpoints: [{ maxBufferedBytes: 256 * KIB }] });
    const client = await bench.raw(fixture);
    const connection = await fixture.handler.next('open');
    client.socket.pause();
    const { sent, buffered, dropped } = await sendUntil('dropped', connection);
    expect(buffered).toBeGreaterThan(0);
    expect(dropped).toBe(1);
    expect(connection.socket.bufferedBytes()).toBeGreaterThan(256 * KIB);
    expect(connection.socket.bufferedBytes()).toBeLessThan(256 * KIB + 2 * 65 * KIB);
    client.socket.resume();
    for (let i = 0; i < sent + buffered; i += 1) expect((await client.frame()).payload).toHaveLength(64 * KIB);
    await expect.poll(() => connection.socket.bufferedBytes()).toBe(0);
    expect(connection.drains).toBeGreaterThan(0);
    expect(connection.dropped).toEqual([]);
    expect(connection.socket.send(text('again'))).toBe('sent');
    expect((await client.frame()).payload.toString()).toBe('again');
  });

  it('calls drain when the handler may send', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const connection = await fixture.handler.next('open');
    let isSent = false;
    fixture.handler.onDrain = ({ socket }) => {
      if (!isSent && socket.bufferedBytes() === 0) isSent = socket.send(text('end')) === 'sent';
    };
    client.socket.pause();
    const { sent, buffered } = await sendUntil('buffered', connection);
    client.socket.resume();
    for (let i = 0; i < sent + buffered; i += 1) await client.frame();
    expect((await client.frame()).payload.toString()).toBe('end');
  });

  it('writes a close frame after what is buffered', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const connection = await fixture.handler.next('open');
    client.socket.pause();
    const { sent, buffered } = await sendUntil('buffered', connection);
    connection.socket.end('slow_client');
    expect(await fixture.handler.nextClose()).toBe('slow_client');
    client.socket.resume();
    for (let i = 0; i < sent + buffered; i += 1) expect((await client.frame()).opcode).toBe(OPCODE.binary);
    expect(await client.closeCode()).toBe(1008);
  });

  it('reports what publishing dropped for a slow reader, and affects no other', async () => {
    const fixture = await bench.start({ endpoints: [{ maxBufferedBytes: 128 * KIB }] });
    const slow = await bench.raw(fixture);
    const lagging = await fixture.handler.next('open');
    const fast = await bench.raw(fixture);
    const keeping = await fixture.handler.next('open');
    for (const { socket } of [lagging, keeping]) socket.subscribe('topic');
    slow.socket.pause();
    let published = 0;
    while (lagging.dropped.length === 0 && published < MANY) {
      fixture.transport.publish('topic', bytes(64 * KIB));
      published += 1;
      await fast.frame();
    }
    await expect.poll(() => lagging.dropped.length).toBe(1);
    expect(lagging.dropped).toEqual([64 * KIB]);
    expect(keeping.dropped).toEqual([]);
  });
});

onBothAlsoOverTls('publishing in bursts', (bench) => {
  it(`${bench.name === 'ws' ? 'reports every' : 'reports at least once a'} small message lost in one tick`, async () => {
    const fixture = await bench.start({ endpoints: [{ maxBufferedBytes: 64 * KIB }] });
    const client = await bench.raw(fixture);
    const connection = await fixture.handler.next('open');
    connection.socket.subscribe('t');
    client.socket.pause();
    await sendUntil('dropped', connection);
    for (let i = 0; i < 64; i += 1) fixture.transport.publish('t', bytes(100));
    // uWebSockets.js gives up the rest of a batch of 32 at the first message that does not fit, and
    // tells of that one alone.
    await expect.poll(() => connection.dropped.length).toBeGreaterThanOrEqual(bench.name === 'ws' ? 64 : 1);
  });
});

onBothAlsoOverTls('topics', (bench) => {
  it('publishes to subscribers only', async () => {
    const fixture = await bench.start();
    const [first, second, third] = [await bench.raw(fixture), await bench.raw(fixture), await bench.raw(fixture)];
    const sockets = fixture.handler.calls.map(({ connection }) => connection.socket);
    sockets[0]?.subscribe('a');
    sockets[1]?.subscribe('a');
    sockets[1]?.subscribe('b');
    fixture.transport.publish('a', text('to a'));
    fixture.transport.publish('b', text('to b'));
    fixture.transport.publish('nobody', text('lost'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    sockets[1]?.unsubscribe('a');
    sockets[1]?.unsubscribe('never');
    fixture.transport.publish('a', text('to a again'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (const socket of sockets) socket.send(text('last'));
    const heard = [await readTexts(first, 3), await readTexts(second, 3), await readTexts(third, 1)];
    expect(heard).toEqual([['to a', 'to a again', 'last'], ['to a', 'to b', 'last'], ['last']]);
  });

  it('keeps the order of publish, send, corked sends and end in one tick', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    socket.subscribe('t');
    const expected: string[] = [];
    for (let i = 0; i < 50; i += 1) {
      fixture.transport.publish('t', text(`publish ${i}`));
      socket.send(text(`send ${i}`));
      fixture.transport.publish('t', text(`again ${i}`));
      socket.cork(() => {
        socket.send(text(`cork ${i}`));
        fixture.transport.publish('t', text(`inside ${i}`));
      });
      expected.push(`publish ${i}`, `send ${i}`, `again ${i}`, `cork ${i}`, `inside ${i}`);
    }
    socket.end('drain');
    expect(await readTexts(client, expected.length)).toEqual(expected);
    expect(await client.closeCode()).toBe(1001);
  });

  it('keeps the order while the reader is slow', async () => {
    const fixture = await bench.start({ endpoints: [{ maxBufferedBytes: 64 * 1024 * KIB }] });
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    socket.subscribe('t');
    client.socket.pause();
    const count = 300;
    for (let i = 0; i < count; i += 1) {
      const message = bytes(20 * KIB, i % 256);
      if (i % 3 === 0) socket.send(message);
      else fixture.transport.publish('t', message);
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    client.socket.resume();
    for (let i = 0; i < count; i += 1) expect((await client.frame()).payload[0]).toBe(i % 256);
  });

  it('forgets a socket that has closed', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    socket.subscribe('t');
    fixture.handler.onClose = () => fixture.transport.publish('t', text('late'));
    client.destroy();
    await fixture.handler.nextClose();
    fixture.transport.publish('t', text('later'));
    const other = await bench.raw(fixture);
    (await fixture.handler.next('open')).socket.subscribe('t');
    fixture.transport.publish('t', text('for the other'));
    expect(await readTexts(other, 1)).toEqual(['for the other']);
  });

  it('publishes from a message handler after the answer', async () => {
    const fixture = await bench.start();
    fixture.handler.onOpen = ({ socket }) => socket.subscribe('t');
    fixture.handler.onMessage = ({ socket }) => {
      socket.send(text('answer'));
      fixture.transport.publish('t', text('news'));
    };
    const client = await bench.raw(fixture);
    client.send(OPCODE.text, 'x');
    expect(await readTexts(client, 2)).toEqual(['answer', 'news']);
  });
});

onBothAlsoOverTls('pausing', (bench) => {
  it(`${bench.name === 'ws' ? 'stops' : 'cannot stop'} reading a socket`, async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    expect(fixture.transport.canPause).toBe(bench.name === 'ws');
    socket.pause();
    client.send(OPCODE.text, 'while paused');
    const other = await bench.raw(fixture);
    other.send(OPCODE.text, 'of another');
    const { messages } = await fixture.handler.next('message');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fixture.handler.count('message')).toBe(bench.name === 'ws' ? 1 : 2);
    expect(messages).toHaveLength(1);
    socket.resume();
    await fixture.handler.next('message');
  });
});
