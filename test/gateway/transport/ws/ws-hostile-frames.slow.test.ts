import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../../support/collect-garbage.js';
import { encodeFrame, OPCODE } from '../../../support/raw-websocket.js';
import { onBothTransports, onTransport } from '../transport-fixture.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const DEFLATE = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
const TAIL_BYTES = 4;

function deflated(payload: Buffer): Buffer {
  const bytes = deflateRawSync(payload, { finishFlush: 2 });
  return bytes.subarray(0, bytes.length - TAIL_BYTES);
}

function deflatedFrame(payload: Buffer): Buffer {
  return encodeFrame(OPCODE.binary, deflated(payload), { compressed: true });
}

onTransport('ws', 'deflate bombs', (bench) => {
  const endpoints = [{ compression: true, maxMessageBytes: 128 * MIB }];

  it('closes with 1009 at a message that inflates beyond the ratio, in one frame or in fragments', async () => {
    const fixture = await bench.start({ endpoints });
    const bomb = deflated(Buffer.alloc(64 * MIB, 1));
    const whole = await bench.raw(fixture, DEFLATE);
    whole.send(OPCODE.binary, bomb, { compressed: true });
    expect(await whole.closeCode()).toBe(1009);
    const fragmented = await bench.raw(fixture, DEFLATE);
    for (let at = 0; at < bomb.length; at += KIB) {
      const opcode = at === 0 ? OPCODE.binary : OPCODE.continuation;
      fragmented.send(opcode, bomb.subarray(at, at + KIB), { compressed: at === 0, fin: at + KIB >= bomb.length });
    }
    expect(await fragmented.closeCode()).toBe(1009);
    expect(fixture.handler.count('message')).toBe(0);
  });

  it('accepts ordinary data that compresses well: 300 texts at 60 to 1, zeros up to 256 KiB', async () => {
    const fixture = await bench.start({ endpoints });
    const client = await bench.raw(fixture, DEFLATE);
    const row = JSON.stringify({ sensor: 'temperature', unit: 'celsius', value: 21.5 });
    const text = Buffer.from(`[${Array.from({ length: 120 }, () => row).join(',')}]`);
    expect(text.length / deflated(text).length).toBeGreaterThan(60);
    const startedAt = performance.now();
    for (let i = 0; i < 300; i += 1) client.write(deflatedFrame(text));
    client.write(deflatedFrame(Buffer.alloc(256 * KIB)));
    await expect.poll(() => fixture.handler.count('message'), { timeout: 20_000 }).toBe(301);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it('slows a client whose small messages exceed its budget, without closing it or losing messages', async () => {
    const fixture = await bench.start({ endpoints: [{ compression: true, maxMessageBytes: MIB, idleTimeoutS: 8 }] });
    const client = await bench.raw(fixture, DEFLATE);
    const other = await bench.raw(fixture);
    const bomb = deflatedFrame(Buffer.alloc(128 * KIB));
    const bombs = 56;
    const startedAt = performance.now();
    for (let i = 0; i < bombs; i += 1) client.write(bomb);
    other.send(OPCODE.text, 'beside');
    await expect.poll(() => fixture.handler.count('message')).toBeGreaterThan(0);
    await expect.poll(() => fixture.handler.count('message'), { timeout: 20_000 }).toBe(bombs + 1);
    // 7 MiB: 2 MiB are saved up, 4 MiB are added each second.
    expect(performance.now() - startedAt).toBeGreaterThan(800);
    expect(fixture.handler.count('close')).toBe(0);
  });

  it('limits what many clients inflate together, and prefers messages that inflate little', async () => {
    const fixture = await bench.start({ endpoints: [{ compression: true, maxMessageBytes: MIB }] });
    const bomb = deflatedFrame(Buffer.alloc(MIB - KIB));
    const bombers = await Promise.all(Array.from({ length: 40 }, () => bench.raw(fixture, DEFLATE)));
    const modest = await bench.raw(fixture, { ...DEFLATE, 'X-Modest': 'yes' });
    const startedAt = performance.now();
    for (const client of bombers) client.write(Buffer.concat([bomb, bomb]));
    await expect.poll(() => fixture.handler.count('message'), { timeout: 20_000 }).toBeGreaterThan(17);
    modest.write(deflatedFrame(randomBytes(KIB)));
    await expect.poll(() => fixture.handler.count('message'), { timeout: 20_000 }).toBe(81);
    const from = fixture.handler.calls.flatMap(({ kind, connection }) =>
      kind === 'message' ? [connection.request.headers.get('x-modest')] : [],
    );
    expect(from.indexOf('yes')).toBeLessThan(60);
    // 80 MiB: 16 MiB are saved up, 32 MiB are added each second.
    expect(performance.now() - startedAt).toBeGreaterThan(1500);
    expect(fixture.handler.count('close')).toBe(0);
  });

  it('releases a client that disconnects while its message waits', async () => {
    const fixture = await bench.start({ endpoints: [{ compression: true, maxMessageBytes: MIB }] });
    const client = await bench.raw(fixture, DEFLATE);
    const connection = await fixture.handler.next('open');
    const bomb = deflatedFrame(Buffer.alloc(200 * KIB));
    for (let i = 0; i < 100; i += 1) client.write(bomb);
    await expect.poll(() => connection.messages.length).toBeGreaterThan(5);
    connection.socket.terminate();
    expect(await fixture.handler.nextClose()).toBe('connection_lost');
    const heard = connection.messages.length;
    await expect.poll(() => client.socket.destroyed || client.socket.readableEnded).toBe(true);
    expect(connection.messages.length).toBe(heard);
  });
});

onTransport('ws', 'frames without payload', (bench) => {
  it.each([
    ['pings', encodeFrame(OPCODE.ping, '')],
    ['pongs', encodeFrame(OPCODE.pong, '')],
    ['empty fragments', encodeFrame(OPCODE.continuation, '', { fin: false })],
    ['fragments of one byte', encodeFrame(OPCODE.continuation, 'x', { fin: false })],
  ])('are read at a bounded rate, and none is lost: %s', async (_what, frame) => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const connection = await fixture.handler.next('open');
    const startedAt = performance.now();
    client.send(OPCODE.text, 'a', { fin: false });
    client.write(Buffer.concat(Array.from({ length: 20_000 }, () => frame)));
    client.send(OPCODE.continuation, 'z');
    await expect.poll(() => connection.messages.length, { timeout: 20_000 }).toBe(1);
    // 2,048 in an eighth of a second.
    expect(performance.now() - startedAt).toBeGreaterThan(1000);
    expect(Buffer.from(connection.messages[0]?.payload ?? []).toString()).toMatch(/^ax*z$/);
  });

  it('are delivered at once when the connection is lost', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const connection = await fixture.handler.next('open');
    const frames = Array.from({ length: 5000 }, () => encodeFrame(OPCODE.pong, ''));
    client.write(Buffer.concat([...frames, encodeFrame(OPCODE.text, 'last')]));
    client.socket.end();
    await fixture.handler.nextClose();
    expect(connection.messages.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['last']);
  });
});

onBothTransports('pings', (bench) => {
  it('answers each of 61 and of 500 pings in one segment', async () => {
    const fixture = await bench.start();
    for (const count of [61, 500]) {
      const client = await bench.raw(fixture);
      const pings = Array.from({ length: count }, (_, i) => encodeFrame(OPCODE.ping, `${i}`));
      client.write(Buffer.concat(pings));
      for (let i = 0; i < count; i += 1) {
        expect(await client.frame()).toMatchObject({ opcode: OPCODE.pong, payload: Buffer.from(`${i}`) });
      }
      client.send(OPCODE.close, Buffer.from([3, 232]));
      expect(await client.closeCode()).toBe(1000);
    }
  });

  it('accepts unsolicited pongs and control frames between fragments', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const connection = await fixture.handler.next('open');
    client.write(Buffer.concat(Array.from({ length: 500 }, () => encodeFrame(OPCODE.pong, 'unasked'))));
    client.send(OPCODE.text, 'a', { fin: false });
    for (let i = 0; i < 100; i += 1) {
      client.send(OPCODE.ping, `${i}`);
      client.send(OPCODE.continuation, 'b', { fin: i === 99 });
    }
    for (let i = 0; i < 100; i += 1) expect((await client.frame()).payload.toString()).toBe(`${i}`);
    await expect.poll(() => connection.messages.length).toBe(1);
    expect(connection.messages[0]?.payload).toHaveLength(101);
  });
});

onTransport('ws', 'a client that pings and does not read', (bench) => {
  it('costs at most a bounded queue, and gets the pong for its latest ping when it reads again', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    client.socket.pause();
    const filler = 'x'.repeat(100);
    let sent = 0;
    const flood = async (): Promise<void> => {
      const pings = Array.from({ length: 2000 }, () => encodeFrame(OPCODE.ping, `${filler}${(sent += 1)}`));
      await new Promise((resolve) => client.socket.write(Buffer.concat(pings), resolve));
    };
    while (socket.bufferedBytes() === 0) await flood();
    for (let i = 0; i < 5; i += 1) await flood();
    expect(socket.bufferedBytes()).toBeLessThan(128 * KIB);
    client.send(OPCODE.text, 'behind');
    await fixture.handler.next('message');
    client.socket.resume();
    let last = '';
    while (last !== `${filler}${sent}`) last = (await client.frame()).payload.toString();
    expect(fixture.handler.count('close')).toBe(0);
  });
});

onTransport('ws', 'fragments', (bench) => {
  async function heldBytes(): Promise<number> {
    await collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  }

  it("reassembles fragments of one byte, in memory close to the message's size", async () => {
    const fixture = await bench.start({ endpoints: [{ maxMessageBytes: MIB }] });
    const client = await bench.raw(fixture);
    const connection = await fixture.handler.next('open');
    const size = 64 * KIB;
    const payload = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) % 251));
    const frames: Buffer[] = [];
    for (let i = 0; i < size - 1; i += 1) {
      frames.push(
        encodeFrame(i === 0 ? OPCODE.binary : OPCODE.continuation, payload.subarray(i, i + 1), { fin: false }),
      );
    }
    const bytes = Buffer.concat([...frames.splice(0), encodeFrame(OPCODE.ping, 'all')]);
    const before = await heldBytes();
    client.write(bytes);
    expect((await client.frame()).payload.toString()).toBe('all');
    expect((await heldBytes()) - before).toBeLessThan(10 * size);
    client.send(OPCODE.continuation, payload.subarray(size - 1));
    await expect.poll(() => connection.messages.length, { timeout: 20_000 }).toBe(1);
    expect(Buffer.compare(connection.messages[0]?.payload ?? Buffer.alloc(0), payload)).toBe(0);
  });
});
