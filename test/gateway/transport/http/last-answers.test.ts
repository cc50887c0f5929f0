import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { HttpExchange } from '../../../../src/gateway/transport/http/http-exchange.js';
import { upgradeRequest } from '../../../support/raw-websocket.js';
import { onTransport, PATH, type Bench } from '../transport-fixture.js';

const LIMIT = 1000;

/** Refuses one path without reading the body, and bodies over the limit. */
async function refuse(exchange: HttpExchange): Promise<void> {
  const isForbidden = exchange.request.path === '/forbidden';
  const body = isForbidden ? undefined : await exchange.readBody(LIMIT);
  exchange.answer({ status: isForbidden ? 403 : body === undefined ? 413 : 200, body: 'refused\n' });
}

/** A client that has not begun to read. */
async function connectUnread(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).pause();
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.setNoDelay();
  return socket;
}

/** Writes, and gives the server turns to read, answer and close. */
async function write(socket: Socket, bytes: string): Promise<void> {
  await new Promise((resolve) => socket.write(bytes, resolve));
  for (let i = 0; i < 5; i += 1) await turn();
}

/** All that comes; what came before a reset is lost with it, as for any client. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk))).resume();
  await new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
  return text;
}

const lines = (count: number): string => Array.from({ length: count }, (_, index) => `X-${index}: 1\r\n`).join('');
const post = (target: string, rest: string): string => `POST ${target} HTTP/1.1\r\nHost: x\r\n${rest}\r\n`;

onTransport('ws', 'an answer after which the connection closes', (bench: Bench) => {
  it.each([
    ['a head that is too large', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}`, 431],
    ['a request that cannot be read', 'nonsense\r\n', 400],
    ['too many header lines', post('/', `${lines(1100)}Content-Length: 100000\r\n`), 431],
    ['a body over the limit', post('/', 'Connection: close\r\nContent-Length: 100000\r\n'), 413],
    ['a body that nobody reads', post('/forbidden', 'Connection: close\r\nContent-Length: 100000\r\n'), 403],
    ['an upgrade that is malformed', upgradeRequest(PATH, { 'Sec-WebSocket-Key': 'short' }), 400],
    ['an upgrade with too many header lines', upgradeRequest(PATH).replace('\r\n\r\n', `\r\n${lines(1100)}\r\n`), 431],
  ])('reaches a client that goes on sending: %s', async (_what, request, status) => {
    const fixture = await bench.start({ http: refuse });
    const socket = await connectUnread(fixture.port);
    await write(socket, request);
    for (let i = 0; i < 10; i += 1) await write(socket, 'x'.repeat(10_000));
    socket.end();
    expect((await readAll(socket)).slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  });

  it('does not wait for a client that sends endlessly, nor when the listener stops', async () => {
    const fixture = await bench.start({ http: refuse });
    const socket = await connectUnread(fixture.port);
    await write(socket, 'nonsense\r\n');
    await fixture.transport.stop();
    await write(socket, 'more');
    await readAll(socket);
    expect(socket.closed || socket.readableEnded).toBe(true);
  });
});
