import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { OPCODE, RawWebSocket, upgradeRequest } from '../../support/raw-websocket.js';
import { createTransport, onBothTransports, PATH, text } from './transport-fixture.js';

const file = (name: string): string => fileURLToPath(new URL(`../../support/certificates/${name}`, import.meta.url));
const TLS = { certFile: file('localhost-cert.pem'), keyFile: file('localhost-key.pem') };

/** A TCP server that takes a free port. */
async function listenPlainly(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

/**
 * A port that was free a moment ago: libraries set other socket options for a port that is named
 * than for 0.
 */
async function freePort(): Promise<number> {
  const { server, port } = await listenPlainly();
  server.close();
  await once(server, 'close');
  return port;
}

onBothTransports('listening', (bench) => {
  it('resolves to the bound address', async () => {
    const fixture = await bench.start();
    expect(fixture.port).toBeGreaterThan(0);
    expect(fixture.transport.name).toBe(bench.name);
  });

  it('rejects with listen.in-use when another transport has the port', async () => {
    const fixture = await bench.start({ port: await freePort() });
    const { transport } = await createTransport(bench.name, { port: fixture.port });
    await expect(transport.listen()).rejects.toMatchObject({
      code: 'listen.in-use',
      message: `Cannot listen on 127.0.0.1:${fixture.port}: another process is listening on it.`,
    });
    await transport.stop();
    await bench.raw(fixture);
  });

  it('rejects with listen.in-use when a foreign server has the port', async () => {
    const { server, port } = await listenPlainly();
    const { transport } = await createTransport(bench.name, { port });
    await expect(transport.listen()).rejects.toMatchObject({ code: 'listen.in-use' });
    server.close();
  });

  it('rejects with listen.failed when the address belongs to another machine', async () => {
    const { transport } = await createTransport(bench.name, { host: '192.0.2.1' });
    await expect(transport.listen()).rejects.toMatchObject({
      code: 'listen.failed',
      message: 'Cannot listen on 192.0.2.1:0: no network interface of this machine has that address.',
    });
  });

  it('shows IPv6 peers compressed and in brackets, IPv4-mapped ones as IPv4', async () => {
    const fixture = await bench.start({ host: '::' });
    const v6 = await RawWebSocket.connect(fixture.port, { host: '::1' });
    v6.write(upgradeRequest(PATH));
    const six = await fixture.handler.next('open');
    const v4 = await RawWebSocket.connect(fixture.port);
    v4.write(upgradeRequest(PATH));
    const four = await fixture.handler.next('open');
    expect([six.request.remoteAddress, four.request.remoteAddress]).toEqual(['::1', '127.0.0.1']);
    expect(six.socket.remoteAddress).toMatch(/^\[::1\]:\d+$/);
    expect(four.socket.remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/);
    v6.destroy();
    v4.destroy();
  });
});

onBothTransports('stopping', (bench) => {
  it('accepts no connection after stopListening and keeps open ones', async () => {
    const fixture = await bench.start();
    const client = await bench.raw(fixture);
    const { socket } = await fixture.handler.next('open');
    fixture.transport.stopListening();
    fixture.transport.stopListening();
    await expect(RawWebSocket.connect(fixture.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    client.send(OPCODE.text, 'still here');
    await fixture.handler.next('message');
    socket.send(text('so are we'));
    expect((await client.frame()).payload.toString()).toBe('so are we');
    await fixture.transport.stop();
    await client.ended;
    expect(await fixture.handler.nextClose()).toBe('connection_lost');
  });

  it('cuts remaining connections and frees the port; a second stop does nothing', async () => {
    const port = await freePort();
    const fixture = await bench.start({ port });
    const clients = [await bench.raw(fixture), await bench.raw(fixture)];
    await fixture.transport.stop();
    expect(fixture.handler.count('close')).toBe(2);
    await Promise.all(clients.map((client) => client.ended));
    await fixture.transport.stop();
    fixture.transport.stopListening();
    fixture.transport.publish('t', text('nobody'));
    expect(fixture.handler.count('close')).toBe(2);
    const again = await bench.start({ port });
    expect(again.port).toBe(port);
  });

  it('stops while an upgrade is undecided and a request unanswered', async () => {
    const fixture = await bench.start({ http: () => new Promise(() => undefined) });
    let decide: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      fixture.handler.onUpgrade = () => {
        resolve();
        return new Promise((settle) => (decide = () => settle({ accept: true })));
      };
    });
    const upgrading = await RawWebSocket.connect(fixture.port);
    upgrading.write(upgradeRequest(PATH));
    await asked;
    const requesting = await RawWebSocket.connect(fixture.port);
    requesting.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
    await fixture.transport.stop();
    await Promise.all([upgrading.ended, requesting.ended]);
    decide();
    await new Promise((resolve) => setImmediate(resolve));
    expect(fixture.handler.calls).toEqual([]);
  });

  it('may be stopped without ever having listened', async () => {
    const { transport } = await createTransport(bench.name);
    transport.stopListening();
    await expect(transport.stop()).resolves.toBeUndefined();
  });
});

onBothTransports('tls', (bench) => {
  it('serves sockets and requests over TLS', async () => {
    const fixture = await bench.start({
      tls: TLS,
      http: (exchange) => exchange.answer({ status: 200, body: 'secret' }),
    });
    const client = await bench.client(fixture, { rejectUnauthorized: false });
    const { socket } = await fixture.handler.next('open');
    const heard = once(client, 'message');
    socket.send(text('hello'));
    expect(String((await heard)[0])).toBe('hello');
    const raw = await RawWebSocket.connect(fixture.port, { tls: true });
    raw.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await raw.answer()).body).toBe('secret');
    raw.destroy();
  });

  it.each([
    ['a key of another certificate', { ...TLS, keyFile: file('other-key.pem') }, 'other-key.pem'],
    ['a certificate that is missing', { ...TLS, certFile: file('missing.pem') }, 'missing.pem'],
    ['a certificate that is none', { ...TLS, certFile: fileURLToPath(import.meta.url) }, 'cannot be used'],
  ])('rejects with tls.invalid for %s', async (_what, tls, part) => {
    const { transport } = await createTransport(bench.name, { tls });
    await expect(transport.listen()).rejects.toMatchObject({
      code: 'tls.invalid',
      message: expect.stringContaining(part),
    });
  });
});
