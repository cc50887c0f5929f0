import { createServer } from 'node:net';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Gateway } from '../../src/gateway/gateway.js';
import type { EventStreamClient } from '../support/event-stream-client.js';
import { OPCODE, RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { RunningGateway, testConfig } from '../support/running-gateway.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function takeEvents(stream: EventStreamClient, count: number) {
  const blocks = await stream.nextBlocks(count);
  return blocks.map((block): Record<string, string> => JSON.parse(block.data ?? '{}'));
}

async function upgradeAnswer(gateway: RunningGateway, headers: Readonly<Record<string, string>> = {}) {
  const client = await RawWebSocket.connect(gateway.port);
  client.write(upgradeRequest('/connect', headers));
  const answer = await client.answer();
  client.destroy();
  return answer;
}

/** A server on a free port of loopback that goes away with the test. */
async function occupyPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.each(['uws', 'ws'] as const)('gateway on %s', (transport) => {
  it('a backend gets all events in order, each with the tags at that moment', async () => {
    const gateway = await RunningGateway.start({ transport });
    const stream = await gateway.events();
    const client = await gateway.connect();
    client.send(OPCODE.text, 'hello');
    client.send(OPCODE.binary, new Uint8Array([1, 2]));
    const [open, text, binary] = await takeEvents(stream, 3);
    const connection = open?.connection ?? '';
    expect(connection).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect(open).toEqual({ action: 'open', connection, tags: 'foo=bar' });
    expect(text).toEqual({ action: 'message', connection, tags: 'foo=bar', type: 'text', message: 'hello' });
    expect(binary).toMatchObject({
      action: 'message',
      connection,
      type: 'binary',
      encoding: 'base64',
      message: 'AQI=',
    });

    expect(await gateway.post(`/settags?id=${connection}`, 'user=a b&hidden=1&foo=')).toBe('1');
    client.send(OPCODE.text, 'again');
    expect(await gateway.post(`/send?user=${encodeURIComponent('a b')}`, 'answer')).toBe('1');
    expect((await client.frame()).payload.toString()).toBe('answer');
    expect(await gateway.post(`/close?id=${connection}`)).toBe('1');
    expect(await client.closeCode()).toBe(1000);
    expect(await takeEvents(stream, 2)).toEqual([
      { action: 'message', connection, tags: 'user=a+b', type: 'text', message: 'again' },
      { action: 'close', connection, tags: 'user=a+b' },
    ]);
    expect(await gateway.get('/status')).toBe('');
  });

  it('a stop closes with 1001, delivers each close event, and frees the port', async () => {
    const gateway = await RunningGateway.start({ transport, drain: { close_spread_s: 0.05 } });
    const stream = await gateway.events();
    const clients = [await gateway.connect(), await gateway.connect(), await gateway.connect()];
    await takeEvents(stream, 3);
    const stopped = gateway.gateway.stop();
    expect(await Promise.all(clients.map((client) => client.closeCode()))).toEqual([1001, 1001, 1001]);
    expect((await takeEvents(stream, 3)).map(({ action }) => action)).toEqual(['close', 'close', 'close']);
    expect(await stream.next()).toBeUndefined();
    await stopped;
    await gateway.gateway.stop();
    await expect(RawWebSocket.connect(gateway.port)).rejects.toThrow('ECONNREFUSED');
    expect(gateway.log.events.slice(-2)).toEqual(['gateway.draining', 'gateway.stopped']);
  });

  it('during drain.pause_s it is not ready, still accepts connections, serves its backend, and then drains all', async () => {
    const gateway = await RunningGateway.start({ transport, drain: { pause_s: 1, close_spread_s: 0 } });
    const client = await gateway.connect();
    expect((await fetch(gateway.url('/readyz'))).status).toBe(200);
    const stopped = gateway.gateway.stop();
    const response = await fetch(gateway.url('/readyz'));
    expect([response.status, (await response.text()).split('\n')[0]]).toEqual([503, 'draining']);
    expect((await fetch(gateway.url('/readyz'), { method: 'HEAD' })).status).toBe(503);
    const late = await gateway.connect();
    expect(await gateway.post('/send?foo=bar', 'last words')).toBe('2');
    for (const each of [client, late]) {
      expect((await each.frame()).payload.toString()).toBe('last words');
      expect(await each.closeCode()).toBe(1001);
    }
    await stopped;
    await expect(RawWebSocket.connect(gateway.port)).rejects.toThrow('ECONNREFUSED');
  });

  it('accepts no connection while closes are spread', async () => {
    const gateway = await RunningGateway.start({ transport, drain: { close_spread_s: 0.3 } });
    const first = await gateway.connect();
    for (let i = 0; i < 8; i += 1) await gateway.connect();
    const last = await gateway.connect();
    const stopped = gateway.gateway.stop();
    expect(await first.closeCode()).toBe(1001);
    await expect(RawWebSocket.connect(gateway.port)).rejects.toThrow('ECONNREFUSED');
    expect(await last.closeCode()).toBe(1001);
    await stopped;
  });

  it('origins and subprotocols are those of the endpoint', async () => {
    const gateway = await RunningGateway.start({
      transport,
      endpoints: [{ path: '/connect', allowed_origins: ['https://app.example'], subprotocols: ['v2', 'v1'] }],
    });
    expect((await upgradeAnswer(gateway)).status).toBe(403);
    expect((await upgradeAnswer(gateway, { Origin: 'https://evil.example' })).status).toBe(403);
    const origin = { Origin: 'https://app.example' };
    const chosen = await upgradeAnswer(gateway, { ...origin, 'Sec-WebSocket-Protocol': 'v3, v1, v2' });
    expect([chosen.status, chosen.headers.get('sec-websocket-protocol')]).toEqual([101, 'v1']);
    const none = await upgradeAnswer(gateway, { ...origin, 'Sec-WebSocket-Protocol': 'v3' });
    expect([none.status, none.headers.get('sec-websocket-protocol')]).toEqual([101, undefined]);
  });

  it('with its own listener the internal API is not on the public port', async () => {
    const gateway = await RunningGateway.start({ transport, internal_listen_addr: '127.0.0.1:0' });
    const client = await gateway.connect();
    expect(gateway.gateway.internalAddress?.port).not.toBe(gateway.port);
    expect(await gateway.post('/send?foo=bar', 'x')).toBe('1');
    expect((await client.frame()).payload.toString()).toBe('x');
    const publicUrl = (path: string) => `http://127.0.0.1:${gateway.port}${path}`;
    expect((await fetch(publicUrl('/send?foo=bar'), { method: 'POST' })).status).toBe(404);
    expect((await fetch(publicUrl('/metrics'))).status).toBe(404);
    expect(await (await fetch(publicUrl('/readyz'))).text()).toBe('ready\n');
    expect((await fetch(gateway.url('/connect'))).status).toBe(400);
  });

  it('a port in use is reported, and started parts are stopped', async () => {
    const port = await occupyPort();
    const config = testConfig({ transport, listen_addr: `127.0.0.1:${port}`, internal_listen_addr: '127.0.0.1:0' });
    const gateway = new Gateway(config, { log: new RecordingLogger() });
    await expect(gateway.start()).rejects.toMatchObject({ code: 'listen.in-use' });
    const internal = gateway.internalAddress?.port ?? 0;
    expect(internal).toBeGreaterThan(0);
    await expect(RawWebSocket.connect(internal)).rejects.toThrow('ECONNREFUSED');
    await gateway.stop();
  });

  it('a plugin that fails leaves nothing listening', async () => {
    const folder = await temporaryFolder();
    const module = join(folder, 'failing.mjs');
    await writeFile(module, 'export function start() { throw new Error("no luck"); }\n');
    const gateway = new Gateway(testConfig({ transport, plugins: [{ module }] }), { log: new RecordingLogger() });
    await expect(gateway.start()).rejects.toMatchObject({ code: 'plugin.failed' });
    await gateway.stop();
  });
});

it('the start logs configuration, machine, sink, endpoints, whitelist, transport and address', async () => {
  // With workers there is a line for the start of each.
  const gateway = await RunningGateway.startWith(testConfig({ transport: 'ws' }));
  expect(gateway.log.events).toEqual([
    'gateway.starting',
    'config.built-in',
    'sink.embedded',
    'endpoint.created',
    'access.whitelist',
    'transport.chosen',
    'gateway.listening',
  ]);
  expect(gateway.log.lines.at(-1)?.fields).toEqual({ address: `127.0.0.1:${gateway.port}` });
});

it('the start on uws warns of each observed fault of the library, with its consequence', async () => {
  const { log } = await RunningGateway.start({ transport: 'uws' });
  const chosen = log.lines.find(({ event }) => event === 'transport.chosen');
  expect(chosen?.fields).toMatchObject({ transport: 'uws', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  const limits = log.lines.filter(({ event }) => event === 'transport.limited');
  expect(limits.map(({ fields }) => fields['check'])).toContain('pausing a client');
  for (const { level, fields } of limits) {
    expect(level).toBe('warn');
    expect(fields).toEqual({
      transport: 'uws',
      check: expect.any(String),
      observed: expect.any(String),
      consequence: expect.any(String),
    });
  }
});

it('warns of a whitelist beyond this machine on the public port', async () => {
  const networks = ['127.0.0.1/8', '10.0.0.0/8'];
  const shared = await RunningGateway.start({ transport: 'ws', internal_endpoint_access_whitelist: networks });
  expect(shared.log.events).toContain('access.whitelist-on-public-port');
  const apart = await RunningGateway.start({
    transport: 'ws',
    internal_endpoint_access_whitelist: networks,
    internal_listen_addr: '127.0.0.1:0',
  });
  expect(apart.log.events).not.toContain('access.whitelist-on-public-port');
});
