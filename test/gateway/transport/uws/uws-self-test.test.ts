import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { findLimits, selfTestUws, type StartServer } from '../../../../src/gateway/transport/uws/uws-self-test.js';
import { loadUws } from '../../../../src/gateway/transport/uws/uws-transport.js';

/** A server that gets everything right: node:http and ws. */
const startWs: StartServer = async (seen) => {
  const http = createServer((request, answer) => {
    seen.requests.push(new URL(request.url ?? '', 'http://self-test').pathname);
    request.resume().once('end', () => answer.end('seen'));
  });
  const sockets = new WebSocketServer({ server: http, path: '/socket' });
  sockets.on('connection', (socket) => {
    seen.canPause = typeof socket.pause === 'function';
    socket.on('error', () => undefined).on('message', () => (seen.messages += 1));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      http.close();
      http.closeAllConnections();
    },
  };
};

it('finds no fault in a server that conforms to the RFCs', async () => {
  expect(await findLimits(startWs)).toEqual([]);
});

it('reports that it could not run, and does not reject', async () => {
  expect(await findLimits(() => Promise.reject(new Error('no port')))).toEqual([
    { check: 'self-test', observed: 'could not be run: no port', consequence: expect.stringContaining('not known') },
  ]);
});

it('finds what uws gets wrong', async () => {
  const limits = await selfTestUws(await loadUws());
  const observed = limits.map((limit) => `${limit.check}: ${limit.observed}`);
  expect(observed).toContain('pausing a client: sockets have no pause()');
  // Faults of the copy 3.0.6 on npm, whose builds for Node 20, 22 and 24 have these ABIs;
  // docs/reference/transports.md lists the same.
  const known = [
    'request line in two reads: answered 505',
    'absolute request target: answered 505',
    'two Content-Lengths: the request was accepted (answered 200)',
    'trailer behind a chunked body: answered 505',
    'frame without a mask: the frame was accepted as if it were masked',
    'pausing a client: sockets have no pause()',
  ];
  const ofThisBuild = process.versions.modules === '115' ? known : known.slice(1);
  expect(['115', '127', '137'].includes(process.versions.modules) ? observed : ofThisBuild).toEqual(ofThisBuild);
  for (const { consequence } of limits) expect(consequence.length).toBeGreaterThan(40);
});
