import { expect, it } from 'vitest';
import { OPCODE } from '../../support/raw-websocket.js';
import { bytes, onBothTransports, text } from './transport-fixture.js';

onBothTransports('messages', (bench) => {
  it('hands over text and binary as the client sent them', async () => {
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

  it('sends text and binary, whatever the length', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    expect(socket.send(text('hello'))).toBe('sent');
    for (const size of [0, 125, 126, 65_535, 65_536]) socket.send(bytes(size, 7));
    expect(await client.frame()).toEqual({
      fin: true,
      compressed: false,
      opcode: OPCODE.text,
      payload: Buffer.from('hello'),
    });
    for (const size of [0, 125, 126, 65_535, 65_536]) {
      expect(await client.frame()).toEqual({
        fin: true,
        compressed: false,
        opcode: OPCODE.binary,
        payload: Buffer.alloc(size, 7),
      });
    }
  });

  it('puts fragments together, with a ping in between', async () => {
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
