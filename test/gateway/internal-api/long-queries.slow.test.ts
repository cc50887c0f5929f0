import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RawWebSocket, upgradeRequest } from '../../support/raw-websocket.js';
import { RunningGateway } from '../../support/running-gateway.js';

const KIB = 1024;

/** Ids of which one is somebody's: 181 KiB for 5,000. */
function manyIds(id: string, count = 5000): string {
  return [...Array.from({ length: count - 1 }, () => randomUUID()), id].join(',');
}

/** The binary of uWebSockets.js for Node 20 takes a request line in one segment only. */
const ON_LISTENERS = [
  ['ws', '', 5000],
  ['ws', '127.0.0.1:0', 5000],
  ['uws', '', 1000],
  ['uws', '127.0.0.1:0', 5000],
] as const;

async function statusOf(port: number, request: string): Promise<number> {
  const client = await RawWebSocket.connect(port);
  client.write(request);
  const { status } = await client.head();
  client.destroy();
  return status;
}

const post = (target: string, headers = ''): string =>
  `POST ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}Content-Length: 0\r\n\r\n`;

describe.each(ON_LISTENERS)('on %s, internal listener %j', (transport, internal, count) => {
  it(`/send, /settags, /close and /status take ${count} ids`, async () => {
    const gateway = await RunningGateway.start({ transport, internal_listen_addr: internal });
    const client = await gateway.connect();
    const id = /id=(\S+)/.exec(await gateway.get('/status'))?.[1] ?? '';
    const ids = manyIds(id, count);
    expect(await gateway.post(`/send?id=${ids}`, 'hello')).toBe('1');
    expect(String((await client.frame()).payload)).toBe('hello');
    expect(await gateway.post(`/send?id=${ids.replaceAll(',', '%2C')}`, 'hello')).toBe('1');
    expect(await gateway.post(`/settags?id=${ids}`, 'room=7')).toBe('1');
    expect(await gateway.get(`/status?id=${ids}`)).toContain('room=7');
    expect(await gateway.post(`/close?id=${ids}`)).toBe('1');
  });
});

it('on ws a long query may come in many segments', async () => {
  const gateway = await RunningGateway.start({ transport: 'ws' });
  const client = await RawWebSocket.connect(gateway.port);
  const request = post(`/send?id=${manyIds('nobody')}`);
  for (let at = 0; at < request.length; at += 10_000) {
    client.write(request.slice(at, at + 10_000));
    await turn();
  }
  expect((await client.answer()).body).toBe('0');
  client.destroy();
});

it('on ws a query above its limit is refused', async () => {
  const gateway = await RunningGateway.start({ transport: 'ws', limits: { max_query_kb: 64 } });
  expect(await statusOf(gateway.port, post(`/send?id=${'x'.repeat(63 * KIB)}`))).toBe(200);
  expect(await statusOf(gateway.port, post(`/send?id=${'x'.repeat(65 * KIB)}`))).toBe(431);
});

describe.each(['uws', 'ws'] as const)('long queries on %s', (transport) => {
  it('refuses headers, upgrades and queries above their limits', async () => {
    const gateway = await RunningGateway.start({ transport });
    expect(await statusOf(gateway.port, post('/send?foo=bar', `X: ${'x'.repeat(33 * KIB)}\r\n`))).toBe(431);
    expect(await statusOf(gateway.port, post(`/${'x'.repeat(33 * KIB)}?a`))).toBe(431);
    expect(await statusOf(gateway.port, upgradeRequest(`/connect?${'x'.repeat(33 * KIB)}`))).toBe(431);
  });

  it('peers outside the whitelist may send no long query', async () => {
    const gateway = await RunningGateway.start({ transport, internal_endpoint_access_whitelist: ['192.0.2.0/24'] });
    expect(await statusOf(gateway.port, post(`/send?id=${'x'.repeat(33 * KIB)}`))).toBe(431);
    expect(await statusOf(gateway.port, post(`/send?id=${'x'.repeat(3 * KIB)}`))).toBe(403);
  });

  it('behind a trusted proxy the client decides', async () => {
    const gateway = await RunningGateway.start({
      transport,
      trusted_proxies: ['127.0.0.0/8'],
      internal_endpoint_access_whitelist: ['192.0.2.0/24'],
    });
    const long = `/send?id=${'x'.repeat(33 * KIB)}`;
    expect(await statusOf(gateway.port, post(long, 'X-Forwarded-For: 192.0.2.7\r\n'))).toBe(200);
    expect(await statusOf(gateway.port, post(long, 'X-Forwarded-For: 198.51.100.7\r\n'))).toBe(431);
  });
});
