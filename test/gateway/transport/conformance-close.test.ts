import { expect, it } from 'vitest';
import { CLOSE_REASONS } from '../../../src/gateway/close-reason.js';
import { OPCODE } from '../../support/raw-websocket.js';
import { onBothTransports, text } from './transport-fixture.js';

onBothTransports('closing', (bench) => {
  const isWs = bench.name === 'ws';

  it.each([1000, 1001, 1002, 1008, 1009, 1011, 4000, 4999])(
    `answers the code %i of a client ${isWs ? 'with 1000 where the protocol defines it' : 'with the same code'}`,
    async (code) => {
      const fixture = await bench.start();
      const client = await bench.raw(fixture);
      client.send(OPCODE.close, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from('bye')]));
      expect(await fixture.handler.nextClose()).toBe('closed_by_client');
      expect(await client.closeCode()).toBe(isWs && code < 3000 ? 1000 : code);
      await client.ended;
    },
  );

  it(`${isWs ? 'accepts' : 'does not accept'} the codes 3000 to 3999 of a client`, async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    client.send(OPCODE.close, Buffer.from([3000 >> 8, 3000 & 0xff]));
    expect(await fixture.handler.nextClose()).toBe(isWs ? 'closed_by_client' : 'connection_lost');
    expect(await client.closeCode()).toBe(isWs ? 3000 : undefined);
  });

  it('answers a close frame without a code with one without a code', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    client.send(OPCODE.close, '');
    expect(await fixture.handler.nextClose()).toBe('closed_by_client');
    expect(await client.closeCode()).toBeUndefined();
  });

  it('reports the close when the close frame arrives, even if the client lingers, and sends nothing more', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    socket.subscribe('t');
    client.send(OPCODE.close, Buffer.from([1000 >> 8, 1000 & 0xff]));
    expect((await client.frame()).opcode).toBe(OPCODE.close);
    expect(fixture.handler.count('close')).toBe(1);
    expect([socket.isOpen(), socket.send(text('late'))]).toEqual([false, 'dropped']);
    fixture.transport.publish('t', text('late'));
    await client.ended;
    expect(fixture.handler.count('dropped')).toBe(0);
  });

  it('reports a lost connection when the client goes without a close frame', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    await fixture.handler.next('open');
    client.destroy();
    expect(await fixture.handler.nextClose()).toBe('connection_lost');
  });

  it('ends with code and text of the catalogue, and reports the reason once', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    socket.end('token_expired');
    expect(await fixture.handler.nextClose()).toBe('token_expired');
    const { opcode, payload } = await client.frame();
    expect([opcode, payload.readUInt16BE(0), payload.subarray(2).toString()]).toEqual([
      OPCODE.close,
      CLOSE_REASONS.token_expired.code,
      CLOSE_REASONS.token_expired.reason,
    ]);
    client.send(OPCODE.close, payload);
    await client.ended;
    expect(fixture.handler.count('close')).toBe(1);
  });

  it('closes for a message that is too large with the text of the catalogue', async () => {
    const fixture = await bench.start({ endpoints: [{ maxMessageBytes: 1000 }] });
    const client = await bench.raw(fixture);
    client.send(OPCODE.binary, Buffer.alloc(1001));
    const { opcode, payload } = await client.frame();
    const { code, reason } = CLOSE_REASONS.message_too_large;
    expect([opcode, payload.readUInt16BE(0), payload.subarray(2).toString()]).toEqual([OPCODE.close, code, reason]);
  });

  it('does nothing after the close, and does not throw', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    const inside: unknown[] = [];
    fixture.handler.onClose = (connection) => inside.push(connection.socket.send(text('late')));
    socket.terminate();
    await client.ended;
    expect(inside).toEqual(['dropped']);
    expect([socket.isOpen(), socket.send(text('late')), socket.bufferedBytes()]).toEqual([false, 'dropped', 0]);
    socket.cork(() => expect.unreachable());
    socket.subscribe('topic');
    socket.unsubscribe('topic');
    socket.end('drain');
    socket.terminate();
    socket.pause();
    socket.resume();
    expect(fixture.handler.count('close')).toBe(1);
  });

  it(`knows the address of a peer ${isWs ? 'with' : 'without'} its port, even after the close`, async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket, request } = await fixture.handler.next('open');
    const port = isWs ? client.socket.localPort : 0;
    expect([socket.remoteAddress, request.remoteAddress]).toEqual([`127.0.0.1:${port}`, '127.0.0.1']);
    socket.terminate();
    expect(socket.remoteAddress).toBe(`127.0.0.1:${port}`);
  });

  it('delivers no message that arrives after the end', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    socket.end('drain');
    client.send(OPCODE.text, 'too late');
    await client.closeCode();
    client.destroy();
    await client.ended;
    expect(fixture.handler.count('message')).toBe(0);
  });

  it('opens and closes a connection that the handler ends while opening it', async () => {
    const fixture = await bench.start();
    fixture.handler.onOpen = ({ socket }) => socket.end('outbox_full');
    const client = await bench.raw(fixture);
    expect(await client.closeCode()).toBe(1013);
    expect(await fixture.handler.nextClose()).toBe('outbox_full');
    expect(fixture.handler.calls.map((call) => call.kind)).toEqual(['open', 'close']);
  });

  it.each(['open', 'message'] as const)('ends only the socket whose %s handler throws, with 1011', async (kind) => {
    const fixture = await bench.start();
    const bystander = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    const fail = (): void => {
      throw new Error('planted');
    };
    if (kind === 'open') fixture.handler.onOpen = fail;
    else fixture.handler.onMessage = fail;
    const client = await bench.raw(fixture);
    client.send(OPCODE.text, 'x');
    expect(await client.closeCode()).toBe(1011);
    socket.send(text('unharmed'));
    expect((await bystander.frame()).payload.toString()).toBe('unharmed');
    expect(fixture.log.lines).toMatchObject([
      { level: 'error', event: 'transport.handler-failed', fields: { handler: kind, error: 'planted' } },
    ]);
    expect(fixture.handler.count('close')).toBe(kind === 'open' ? 0 : 1);
  });

  it('logs a throw in the close handler and goes on', async () => {
    const fixture = await bench.start();
    fixture.handler.onClose = () => {
      throw new Error('planted');
    };
    const client = await bench.raw(fixture);
    client.destroy();
    await fixture.handler.nextClose();
    await bench.raw(fixture);
    expect(fixture.log.events).toEqual(['transport.handler-failed']);
  });

  it('answers for a socket that closed during an await', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    client.send(OPCODE.text, 'x');
    const { socket } = await fixture.handler.next('message');
    client.destroy();
    await fixture.handler.nextClose();
    expect([socket.isOpen(), socket.send(text('late'))]).toEqual([false, 'dropped']);
  });
});
