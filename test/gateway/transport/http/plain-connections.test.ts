import type { Duplex } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { HttpListener } from '../../../../src/gateway/transport/http/http-listener.js';
import type {
  PlainConnectionsOptions,
  RefusedConnection,
} from '../../../../src/gateway/transport/http/plain-connections.js';
import { silentLogger } from '../../../../src/core/logger.js';
import { RawWebSocket } from '../../../support/raw-websocket.js';

async function listen(options: Partial<PlainConnectionsOptions>) {
  const refused: RefusedConnection[] = [];
  const listener = new HttpListener({
    listen: { host: '127.0.0.1', port: 0 },
    http: (exchange) => exchange.answer({ status: 200, body: 'served' }),
    log: silentLogger,
    upgrades: { wants: () => true, take: (_req, socket) => takeOver(socket) },
    plainConnections: {
      maxConnections: 8,
      maxDescriptor: Number.POSITIVE_INFINITY,
      isShared: () => false,
      onRefused: (one) => refused.push(one),
      ...options,
    },
  });
  const { port } = await listener.listen();
  const clients: RawWebSocket[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.destroy();
    await listener.stop();
  });
  const connect = async (): Promise<RawWebSocket> => {
    const client = await RawWebSocket.connect(port);
    clients.push(client);
    return client;
  };
  return { refused, connect };
}

function takeOver(socket: Duplex): void {
  socket.on('end', () => socket.destroy()).on('error', () => socket.destroy());
  socket.resume().write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
}

async function isServed(client: RawWebSocket): Promise<boolean> {
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return client.answer().then(
    ({ body }) => body === 'served',
    () => false,
  );
}

it('cuts a new connection when its address has its share, and accepts one again after another closed', async () => {
  const { refused, connect } = await listen({});
  const [first, second] = [await connect(), await connect()];
  expect([await isServed(first), await isServed(second), await isServed(await connect())]).toEqual([true, true, false]);
  expect(refused).toEqual([{ peer: '127.0.0.1', reason: 'max_plain_connections_per_address' }]);
  first.destroy();
  await first.ended;
  await expect.poll(async () => isServed(await connect())).toBe(true);
  expect(await isServed(second)).toBe(true);
});

it('cuts a new connection at the total limit, even from an address that many share', async () => {
  const { refused, connect } = await listen({ isShared: () => true });
  for (let i = 0; i < 8; i += 1) expect(await isServed(await connect())).toBe(true);
  expect(await isServed(await connect())).toBe(false);
  expect(refused).toEqual([{ peer: '127.0.0.1', reason: 'max_plain_connections' }]);
});

it('stops counting a connection once it requests a WebSocket', async () => {
  const { refused, connect } = await listen({});
  for (let i = 0; i < 6; i += 1) {
    const client = await connect();
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect((await client.head()).status).toBe(101);
  }
  expect(await isServed(await connect())).toBe(true);
  expect(refused).toEqual([]);
});

it('cuts a new connection whose file descriptor is reserved', async () => {
  const { refused, connect } = await listen({ maxDescriptor: 3 });
  expect(await isServed(await connect())).toBe(false);
  expect(refused).toEqual([{ peer: '127.0.0.1', reason: 'open_files' }]);
});
