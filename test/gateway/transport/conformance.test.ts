import { expect, it } from 'vitest';
import { encodeFrame, OPCODE, type RawWebSocket } from '../../support/raw-websocket.js';
import { bytes, onBothTransports, text } from './transport-fixture.js';

onBothTransports('messages', (bench) => {
  it('delivers text and binary as the client sent them', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    client.send(OPCODE.text, 'grüße');
    client.send(OPCODE.binary, Buffer.from([0, 255, 1]));
    client.send(OPCODE.text, '');
    await fixture.handler.next('message');
    await fixture.handler.next('message');
    const { messages } = await fixture.handler.next('message');
    expect(messages.map(({ payload, binary }) => [Buffer.from(payload).toString('hex'), binary])).toEqual([
      [Buffer.from('grüße').toString('hex'), false],
      ['00ff01', true],
      ['', false],
    ]);
  });

  it('sends text and binary of any length', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    expect(socket.send(text('hello'))).toBe('sent');
    const sizes = [0, 125, 126, 65_535, 65_536];
    for (const size of sizes) socket.send(bytes(size, 7));
    const { fin, opcode, payload } = await client.frame();
    expect([fin, opcode, payload.toString()]).toEqual([true, OPCODE.text, 'hello']);
    for (const size of sizes) {
      const frame = await client.frame();
      expect([frame.opcode, frame.payload.equals(Buffer.alloc(size, 7))]).toEqual([OPCODE.binary, true]);
    }
  });

  it('reassembles fragments with a ping between them', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    client.send(OPCODE.text, 'one ', { fin: false });
    client.send(OPCODE.ping, 'still there?');
    client.send(OPCODE.continuation, 'two ', { fin: false });
    client.send(OPCODE.continuation, 'three');
    const { messages } = await fixture.handler.next('message');
    expect(Buffer.from(messages[0]?.payload ?? []).toString()).toBe('one two three');
    expect(await client.frame()).toMatchObject({ opcode: OPCODE.pong, payload: Buffer.from('still there?') });
  });

  it('reassembles 20,000 fragments of 64 bytes', async () => {
    const count = 20_000;
    const fixture = await bench.start({ endpoints: [{ maxMessageBytes: count * 64 }] });
    const client = await bench.raw(fixture);
    const fragment = Buffer.alloc(64, 7);
    client.write(
      Buffer.concat([
        encodeFrame(OPCODE.binary, fragment, { fin: false }),
        ...Array<Buffer>(count - 2).fill(encodeFrame(OPCODE.continuation, fragment, { fin: false })),
        encodeFrame(OPCODE.continuation, fragment),
      ]),
    );
    const { messages } = await fixture.handler.next('message');
    expect(messages[0]?.payload.length).toBe(count * 64);
  });

  it('leaves the handler a payload that stays valid', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const size = 40_000;
    client.send(OPCODE.binary, Buffer.alloc(size, 1));
    client.send(OPCODE.binary, Buffer.alloc(size, 2));
    await fixture.handler.next('message');
    const { messages } = await fixture.handler.next('message');
    expect(messages.map(({ payload }) => Buffer.from(payload).equals(Buffer.alloc(size, payload[0])))).toEqual([
      true,
      true,
    ]);
    expect(messages.map(({ payload }) => payload[0])).toEqual([1, 2]);
  });
});

/** The code of the close frame, or how many bytes came before a cut without one. */
async function closeCodeOrBytes(client: RawWebSocket, isCode: boolean): Promise<number | undefined> {
  return isCode ? client.closeCode() : (await client.rest()).length;
}

onBothTransports('limits and protocol errors', (bench) => {
  const isWs = bench.name === 'ws';

  it('accepts a message of exactly the limit', async () => {
    const fixture = await bench.start({ endpoints: [{ maxMessageBytes: 1000 }] });
    const client = await bench.raw(fixture);
    client.send(OPCODE.binary, Buffer.alloc(1000));
    const { messages } = await fixture.handler.next('message');
    expect(messages[0]?.payload.length).toBe(1000);
  });

  it('closes with 1009 when a frame is over the limit', async () => {
    const fixture = await bench.start({ endpoints: [{ maxMessageBytes: 1000 }] });
    const client = await bench.raw(fixture);
    client.send(OPCODE.binary, Buffer.alloc(1001));
    expect(await client.closeCode()).toBe(1009);
    expect(await fixture.handler.nextClose()).toBe('message_too_large');
    expect(fixture.handler.count('message')).toBe(0);
  });

  it('closes with 1009 when the fragments together are over the limit', async () => {
    const fixture = await bench.start({ endpoints: [{ maxMessageBytes: 1000 }] });
    const client = await bench.raw(fixture);
    client.send(OPCODE.binary, Buffer.alloc(600), { fin: false });
    client.send(OPCODE.continuation, Buffer.alloc(600));
    expect(await client.closeCode()).toBe(1009);
    expect(fixture.handler.count('message')).toBe(0);
  });

  it(`${isWs ? 'closes with 1009' : 'cuts the connection'} when a frame announces more than 64 KiB over the limit`, async () => {
    const fixture = await bench.start({ endpoints: [{ maxMessageBytes: 1000 }] });
    const client = await bench.raw(fixture);
    client.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 2, 0, 0, 1, 2, 3, 4]));
    expect(await closeCodeOrBytes(client, isWs)).toBe(isWs ? 1009 : 0);
    expect(await fixture.handler.nextClose()).toBe(isWs ? 'message_too_large' : 'connection_lost');
  });

  it('survives a frame whose length has the top bit set', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    client.write(Buffer.from([0x82, 0xff, ...Array<number>(8).fill(0xff), 0, 0, 0, 0]));
    await fixture.handler.nextClose();
    const other = await bench.raw(fixture);
    other.send(OPCODE.text, 'alive');
    expect((await fixture.handler.next('message')).messages).toHaveLength(1);
  });

  it(`${isWs ? 'closes with 1007' : 'cuts the connection'} when text is not UTF-8`, async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    client.send(OPCODE.text, Buffer.from([0xc3, 0x28]));
    expect(await closeCodeOrBytes(client, isWs)).toBe(isWs ? 1007 : 0);
    expect(await fixture.handler.nextClose()).toBe(isWs ? 'invalid_text' : 'connection_lost');
    expect(fixture.handler.count('message')).toBe(0);
  });

  it(`${isWs ? 'closes with 1002' : 'cuts the connection'} when the opcode is reserved`, async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    client.send(3, 'x');
    expect(await closeCodeOrBytes(client, isWs)).toBe(isWs ? 1002 : 0);
    expect(await fixture.handler.nextClose()).toBe(isWs ? 'protocol_error' : 'connection_lost');
  });

  it(`${isWs ? 'refuses an unmasked frame with 1002' : 'parses an unmasked frame as if it were masked'}`, async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    client.send(OPCODE.binary, Buffer.from([0, 0, 0, 0, 65, 66]), { masked: false });
    client.write(Buffer.alloc(4));
    await (isWs ? fixture.handler.nextClose() : fixture.handler.next('message'));
    expect(fixture.handler.count('message')).toBe(isWs ? 0 : 1);
  });
});
