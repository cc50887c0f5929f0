import { connect as connectTls } from 'node:tls';
import { expect, it } from 'vitest';
import type { TlsFiles } from '../../../../src/gateway/transport/transport.js';
import { proxyV2 } from '../../../support/proxy-header.js';
import { RawWebSocket, upgradeRequest } from '../../../support/raw-websocket.js';
import { TLS_A } from '../../../support/tls-files.js';
import { type Bench, type Fixture, onBothTransports, onTransport, PATH } from '../transport-fixture.js';

const CLIENT = '203.0.113.7';
const V1 = `PROXY TCP4 ${CLIENT} 10.0.0.1 4711 443\r\n`;
const V2 = proxyV2({ family: 1, address: [203, 0, 113, 7], port: 4711 });
const everybody = (): boolean => true;
const nobody = (): boolean => false;

/**
 * Returns the server's reaction to the first bytes of a connection: the status, and the address that the
 * handler saw.
 */
async function send(fixture: Fixture, ...parts: readonly (string | Uint8Array)[]) {
  const client = await RawWebSocket.connect(fixture.port);
  for (const part of parts) {
    client.write(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const status = await Promise.race([client.head().then((head) => head.status), client.ended.then(() => 'cut')]);
  return { client, status };
}

onBothTransports('PROXY headers of peers that are not trusted', (bench: Bench) => {
  it.each([
    ['version 1', Buffer.from(V1)],
    ['version 2', V2],
  ])('never change the address: %s', async (_version, header) => {
    const fixture = await bench.start({ sendsProxyHeader: bench.name === 'ws' ? nobody : undefined });
    const { client, status } = await send(fixture, Buffer.concat([header, Buffer.from(upgradeRequest(PATH))]));
    client.destroy();
    expect(status).not.toBe(bench.name === 'ws' ? 101 : 'anything');
    const seen = fixture.handler.calls.map(({ connection }) => connection.request.remoteAddress);
    expect(seen.filter((address) => address !== '127.0.0.1')).toEqual([]);
  });
});

onTransport('ws', 'PROXY headers of trusted peers', (bench: Bench) => {
  const start = (onRequest: (address: string) => void = () => undefined, tls?: TlsFiles): Promise<Fixture> =>
    bench.start({
      sendsProxyHeader: everybody,
      tls,
      http: (exchange) => {
        onRequest(exchange.request.remoteAddress);
        exchange.answer({ status: 200 });
      },
    });

  it.each([
    ['version 1', V1],
    ['version 2', V2],
  ])('name the client, however they are cut: %s', async (_version, header) => {
    const fixture = await start();
    const whole = Buffer.concat([Buffer.from(header), Buffer.from(upgradeRequest(PATH))]);
    for (const cut of [whole.length, 1, 14, header.length - 1, header.length, header.length + 3]) {
      const { client, status } = await send(fixture, whole.subarray(0, cut), whole.subarray(cut));
      expect(status).toBe(101);
      const { request, socket } = await fixture.handler.next('open');
      expect([request.remoteAddress, socket.remoteAddress]).toEqual([CLIENT, `${CLIENT}:4711`]);
      client.destroy();
      await fixture.handler.nextClose();
    }
  });

  it('name no client when the proxy does not know it, and the proxy for its own requests', async () => {
    const fixture = await start();
    const unknown = await send(fixture, `PROXY UNKNOWN\r\n${upgradeRequest(PATH)}`);
    expect((await fixture.handler.next('open')).request.remoteAddress).toBe('');
    const own = await send(fixture, proxyV2({ command: 0 }), upgradeRequest(PATH));
    expect((await fixture.handler.next('open')).request.remoteAddress).toBe('127.0.0.1');
    unknown.client.destroy();
    own.client.destroy();
  });

  it('are required: a connection without one is cut, and a second one is malformed HTTP', async () => {
    const fixture = await start();
    expect((await send(fixture, upgradeRequest(PATH))).status).toBe('cut');
    const { status } = await send(fixture, `${V1}PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n${upgradeRequest(PATH)}`);
    expect(status).toBe(400);
    expect(fixture.handler.calls).toEqual([]);
    expect(fixture.log.events).toEqual(['proxy-protocol.refused']);
  });

  it('apply to all requests of the connection', async () => {
    const seen: string[] = [];
    const fixture = await start((address) => seen.push(address));
    const { client } = await send(fixture, `${V1}GET /a HTTP/1.1\r\nHost: x\r\n\r\n`);
    client.write('GET /b HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.head();
    expect(seen).toEqual([CLIENT, CLIENT]);
    client.destroy();
  });

  it('come before TLS', async () => {
    const fixture = await start(undefined, TLS_A);
    const raw = await RawWebSocket.connect(fixture.port);
    raw.write(V1);
    const secure = connectTls({ socket: raw.socket, rejectUnauthorized: false });
    secure.write(upgradeRequest(PATH));
    const { request } = await fixture.handler.next('open');
    expect(request.remoteAddress).toBe(CLIENT);
    secure.destroy();
  });
});
