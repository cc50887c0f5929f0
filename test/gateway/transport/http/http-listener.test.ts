import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync } from 'node:fs';
import { get, Server } from 'node:http';
import { expect, it } from 'vitest';
import { fileReserve } from '../../../../src/core/file-reserve.js';
import { HttpListener } from '../../../../src/gateway/transport/http/http-listener.js';
import { silentLogger } from '../../../../src/core/logger.js';
import { RawWebSocket, upgradeRequest } from '../../../support/raw-websocket.js';
import { RecordingLogger } from '../../../support/recording-logger.js';

const OPTIONS = {
  listen: { host: '127.0.0.1', port: 0 },
  http: (exchange: { answer(answer: { status: number; body: string }): void }) =>
    exchange.answer({ status: 200, body: 'internal' }),
  log: silentLogger,
};

it('serves requests on a port of its own, upgrades and HTTP/1.0 among them, until it is stopped', async () => {
  const listener = new HttpListener(OPTIONS);
  const { port } = await listener.listen();
  const client = await RawWebSocket.connect(port);
  client.write(upgradeRequest('/status'));
  expect((await client.answer()).body).toBe('internal');
  client.write('GET / HTTP/1.0\r\n\r\n');
  expect((await client.answer()).body).toBe('internal');
  await listener.stop();
  await listener.stop();
  await expect(RawWebSocket.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('rejects with listen.in-use when the port is in use, and may be stopped anyway', async () => {
  const listener = new HttpListener(OPTIONS);
  const listen = await listener.listen();
  const second = new HttpListener({ ...OPTIONS, listen });
  await expect(second.listen()).rejects.toMatchObject({ code: 'listen.in-use' });
  await second.stop();
  await listener.stop();
});

/** The server of `node:http` that listens on this port. */
async function serverOn(port: number): Promise<Server> {
  return await new Promise((resolve, reject) => {
    const onRequest = (message: unknown): void => {
      const server: unknown = typeof message === 'object' && message !== null && Reflect.get(message, 'server');
      const isIt = server instanceof Server && JSON.stringify(server.address()).includes(`:${port}`);
      if (!isIt) return;
      unsubscribe('http.server.request.start', onRequest);
      resolve(server);
    };
    subscribe('http.server.request.start', onRequest);
    get({ host: '127.0.0.1', port, agent: false }, (response) => response.resume()).on('error', reject);
  });
}

it.each(['EMFILE', 'ENFILE', 'ECONNABORTED'])(
  'tells of accepts that fail with %s once a second, and serves those that come then',
  async (code) => {
    const log = new RecordingLogger();
    const listener = new HttpListener({ ...OPTIONS, log });
    const { port } = await listener.listen();
    const server = await serverOn(port);
    for (let times = 0; times < 100; times++)
      server.emit('error', Object.assign(new Error(`accept ${code}`), { code }));
    expect(log.lines).toEqual([
      { level: 'error', event: 'transport.listener-failed', fields: { error: `accept ${code}` } },
    ]);
    const client = await RawWebSocket.connect(port);
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await client.answer()).body).toBe('internal');
    client.destroy();
    await listener.stop();
  },
);

it('releases the reserved descriptors when an accept fails for lack of one', async () => {
  const listener = new HttpListener(OPTIONS);
  const { port } = await listener.listen();
  const server = await serverOn(port);
  fileReserve.hold();
  const openFiles = (): number => readdirSync('/proc/self/fd').length;
  const before = openFiles();
  server.emit('error', Object.assign(new Error('accept ENFILE'), { code: 'ENFILE' }));
  expect(openFiles()).toBeLessThan(before);
  await listener.stop();
});
