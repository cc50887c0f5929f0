import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { systemClock } from '../../../src/core/clock.js';
import { ClientConnection } from '../../../src/loadgen/client/connection.js';
import { createDialTarget } from '../../../src/loadgen/client/dial-target.js';
import { probeTarget } from '../../../src/loadgen/client/probe-target.js';

const certificates = new URL('../../support/certificates/', import.meta.url);

let server: Server;
let url: string;

beforeEach(async () => {
  server = createServer({
    cert: readFileSync(new URL('localhost-cert.pem', certificates)),
    key: readFileSync(new URL('localhost-key.pem', certificates)),
  });
  new WebSocketServer({ server }).on('connection', (socket) => socket.send('x'.repeat(30_000)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `wss://localhost:${typeof address === 'object' && address !== null ? address.port : 0}/`;
});

afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

it('reports an untrusted certificate, and what to do about it', async () => {
  await expect(
    probeTarget(
      { given: url, normalised: url },
      { dial: createDialTarget(url), clock: systemClock, signal: new AbortController().signal },
    ),
  ).rejects.toMatchObject({
    code: 'target.unreachable',
    message: expect.stringContaining('self-signed certificate'),
    hint: expect.stringContaining('--ca FILE'),
  });
});

it('reads messages over TLS, and marks when TCP and TLS were up', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const context = { clock: systemClock, readBuffer: Buffer.alloc(65_536) };
  const events = new EventEmitter();
  const received = once(events, 'message');
  const closed = once(events, 'close');
  const connection = new ClientConnection(
    createDialTarget(url),
    {
      onMessage: (_bytes, start, end) => void events.emit('message', end - start),
      onPong: () => undefined,
      onClose: () => void events.emit('close'),
    },
    context,
  );
  expect(await connection.dial()).toMatchObject({ status: 101 });
  expect(await received).toEqual([30_000]);
  const { dialStart, tcpConnected = 0, secured = 0, upgraded = 0 } = connection.marks;
  const moments = [dialStart, tcpConnected, secured, upgraded];
  expect(moments).toEqual(moments.toSorted((a, b) => a - b));
  connection.close(1000);
  await closed;
});
