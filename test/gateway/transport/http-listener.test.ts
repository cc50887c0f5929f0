import { expect, it } from 'vitest';
import { HttpListener } from '../../../src/gateway/transport/http-listener.js';
import { silentLogger } from '../../../src/core/logger.js';
import { RawWebSocket, upgradeRequest } from '../../support/raw-websocket.js';

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

it('rejects with listen.in-use when the port is taken, and may be stopped all the same', async () => {
  const listener = new HttpListener(OPTIONS);
  const listen = await listener.listen();
  const second = new HttpListener({ ...OPTIONS, listen });
  await expect(second.listen()).rejects.toMatchObject({ code: 'listen.in-use' });
  await second.stop();
  await listener.stop();
});
