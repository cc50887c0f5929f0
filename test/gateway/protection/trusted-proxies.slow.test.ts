import { describe, expect, it } from 'vitest';
import { HttpBackend } from '../../support/http-backend.js';
import { proxyV2 } from '../../support/proxy-header.js';
import { RawWebSocket, upgradeRequest } from '../../support/raw-websocket.js';
import { RunningGateway } from '../../support/running-gateway.js';

const CLIENT = '203.0.113.7';
const OTHER = '203.0.113.8';
/** The tests' own address is the proxy's. */
const PROXIES = { trusted_proxies: ['127.0.0.1/32'] };

const from = (address: string) => ({ 'X-Forwarded-For': address });

async function get(gateway: RunningGateway, path: string, headers: Readonly<Record<string, string>>) {
  const response = await fetch(gateway.url(path), { headers });
  await response.arrayBuffer();
  return response.status;
}

/** The status of what answers these bytes; 0 when the connection is cut. */
async function statusOf(gateway: RunningGateway, ...parts: readonly (string | Uint8Array)[]): Promise<number> {
  const client = await RawWebSocket.connect(gateway.port);
  client.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
  const status = await Promise.race([client.head().then((head) => head.status), client.ended.then(() => 0)]);
  client.destroy();
  return status;
}

const STATUS_REQUEST = 'GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe.each(['uws', 'ws'] as const)('behind a proxy, on %s', (transport) => {
  it('the internal API checks the client instead of the proxy', async () => {
    const gateway = await RunningGateway.start({ transport, ...PROXIES });
    expect(await get(gateway, '/status', {})).toBe(403);
    expect(await get(gateway, '/status', from('127.0.0.1'))).toBe(403);
    expect(await get(gateway, '/status', from(CLIENT))).toBe(403);
    expect(await get(gateway, '/status', from(`127.0.0.1, ${CLIENT}`))).toBe(403);
    expect(await get(gateway, '/status', from('unknown'))).toBe(403);
    expect(await get(gateway, '/status', { Forwarded: `for=${CLIENT}` })).toBe(403);
    expect(await get(gateway, '/healthz', from(CLIENT))).toBe(200);
    const trusting = await RunningGateway.start({
      transport,
      ...PROXIES,
      internal_endpoint_access_whitelist: [`${CLIENT}/32`],
    });
    expect(await get(trusting, '/status', from(CLIENT))).toBe(200);
    expect(await get(trusting, '/status', from(OTHER))).toBe(403);
    expect(await get(trusting, '/status', {})).toBe(403);
  });

  it('a separate internal listener applies the same rules', async () => {
    const gateway = await RunningGateway.start({ transport, ...PROXIES, internal_listen_addr: '127.0.0.1:0' });
    expect([await get(gateway, '/status', {}), await get(gateway, '/status', from(CLIENT))]).toEqual([403, 403]);
  });

  it('a header that names only proxies gives no access, even if they are whitelisted', async () => {
    const gateway = await RunningGateway.start({
      transport,
      trusted_proxies: ['127.0.0.1/32', '10.1.1.2/32'],
      trusted_proxies_as_clients: ['10.1.1.3/32'],
      internal_endpoint_access_whitelist: ['10.1.1.0/24'],
    });
    const named = ['10.1.1.2', '10.1.1.2, 10.1.1.2', '10.1.1.3', '10.1.1.4'];
    const statuses = await Promise.all(named.map((hops) => get(gateway, '/status', from(hops))));
    expect(statuses).toEqual([403, 403, 200, 200]);
  });

  it('a proxy with requests of its own has access without the header, if configured', async () => {
    for (const internal_listen_addr of ['', '127.0.0.1:0']) {
      const trusted_proxies_as_clients = ['127.0.0.1/32'];
      const gateway = await RunningGateway.start({
        transport,
        ...PROXIES,
        trusted_proxies_as_clients,
        internal_listen_addr,
      });
      expect([await get(gateway, '/status', {}), await get(gateway, '/status', from(CLIENT))]).toEqual([200, 403]);
      expect(await get(gateway, '/status', { Forwarded: 'for=127.0.0.1' })).toBe(403);
    }
  });

  it('an unknown client may connect, and shares its limits with others', async () => {
    const limits = { max_connections_per_address: 1 };
    const gateway = await RunningGateway.start({ transport, ...PROXIES, limits });
    await gateway.connect();
    expect((await gateway.upgradeAnswer('/connect', from('unknown'))).status).toBe(429);
    await gateway.connect('/connect', from(CLIENT));
  });

  it('a proxy on another machine that names loopback gets 403 for everything, which is logged', async () => {
    const trusted_proxies = ['127.0.0.1/32', '10.0.0.0/8'];
    const internal_endpoint_access_whitelist = ['0.0.0.0/0', '::/0'];
    const gateway = await RunningGateway.start({ transport, trusted_proxies, internal_endpoint_access_whitelist });
    for (const named of ['127.0.0.1', '::1', '::ffff:127.0.0.1', 'fe80::1', '169.254.1.1', '0.0.0.0']) {
      const headers = from(`${named}, 10.1.1.1`);
      expect(await get(gateway, '/status', headers)).toBe(403);
      expect((await gateway.upgradeAnswer('/connect', headers)).status).toBe(403);
    }
    expect(await get(gateway, '/status', from(CLIENT))).toBe(200);
    expect(gateway.log.lines.find(({ event }) => event === 'forwarded-address.refused')?.fields).toMatchObject({
      proxy: '10.1.1.1',
      named: '127.0.0.1',
    });
    const refusals = gateway.log.lines.filter(({ event }) => event === 'upgrade.refused');
    expect(refusals[0]?.fields).toMatchObject({ reason: 'client_address' });
  });

  it('a header of a peer that is not a proxy has no effect', async () => {
    const gateway = await RunningGateway.start({
      transport,
      trusted_proxies: ['10.0.0.0/8'],
      internal_endpoint_access_whitelist: [`${CLIENT}/32`],
    });
    expect(await get(gateway, '/status', from(CLIENT))).toBe(403);
    const v2 = proxyV2({ family: 1, address: [203, 0, 113, 7], port: 1 });
    expect(await statusOf(gateway, v2, STATUS_REQUEST)).not.toBe(200);
    expect(await statusOf(gateway, `PROXY TCP4 ${CLIENT} 10.0.0.1 1 2\r\n`, STATUS_REQUEST)).not.toBe(200);
  });

  it("limits per address and the authentication backend see the client's address", async () => {
    const backend = await HttpBackend.start();
    const auth = { mode: 'webhook' as const, webhook: { url: backend.url } };
    const limits = { max_connections_per_address: 1 };
    const gateway = await RunningGateway.start({
      transport,
      ...PROXIES,
      limits,
      endpoints: [{ path: '/connect', auth }],
    });
    await gateway.connect('/connect', from(CLIENT));
    expect((await gateway.upgradeAnswer('/connect', from(`9.9.9.9, ${CLIENT}`))).status).toBe(429);
    await gateway.connect('/connect', from(OTHER));
    expect(backend.requests.map(({ body }) => body.match(/"address":"([^"]*)"/)?.[1])).toEqual([CLIENT, OTHER]);
  });
});

describe('PROXY headers at a gateway', () => {
  const start = (whitelist: string) =>
    RunningGateway.start({
      ...PROXIES,
      proxy_protocol: true,
      internal_endpoint_access_whitelist: [whitelist],
    });

  it('the named client is checked, even if it names others', async () => {
    const gateway = await start(`${CLIENT}/32`);
    const v1 = `PROXY TCP4 ${CLIENT} 10.0.0.1 4711 80\r\n`;
    const stranger = `PROXY TCP4 ${OTHER} 10.0.0.1 4711 80\r\n`;
    const forged = STATUS_REQUEST.replace('\r\n\r\n', `\r\nX-Forwarded-For: ${CLIENT}\r\n\r\n`);
    expect(await statusOf(gateway, v1, STATUS_REQUEST)).toBe(200);
    expect(await statusOf(gateway, stranger, STATUS_REQUEST)).toBe(403);
    expect(await statusOf(gateway, stranger, forged)).toBe(403);
    expect(await statusOf(gateway, stranger, v1, STATUS_REQUEST)).toBe(400);
    expect(await statusOf(gateway, STATUS_REQUEST)).toBe(0);
  });

  it('a proxy that names no client has no access, nor has one with requests of its own', async () => {
    const gateway = await start('127.0.0.0/8');
    expect(await statusOf(gateway, 'PROXY UNKNOWN\r\n', STATUS_REQUEST)).toBe(403);
    expect(await statusOf(gateway, proxyV2({ family: 0 }), STATUS_REQUEST)).toBe(403);
    expect(await statusOf(gateway, proxyV2({ command: 0 }), STATUS_REQUEST)).toBe(403);
    expect(await statusOf(gateway, proxyV2({ command: 0 }), 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')).toBe(200);
    expect(await statusOf(gateway, proxyV2({ command: 0 }), upgradeRequest('/connect'))).toBe(101);
  });

  it('a proxy may send its own requests with LOCAL if configured, and never name loopback', async () => {
    const gateway = await RunningGateway.start({
      ...PROXIES,
      trusted_proxies: ['127.0.0.1/32', '10.0.0.0/8'],
      trusted_proxies_as_clients: ['127.0.0.1/32'],
      proxy_protocol: true,
    });
    expect(await statusOf(gateway, proxyV2({ command: 0 }), STATUS_REQUEST)).toBe(200);
    const loopback = [
      'PROXY TCP4 127.0.0.1 10.0.0.1 4711 80\r\n',
      'PROXY TCP6 ::1 ::1 4711 80\r\n',
      proxyV2({ family: 1, address: [127, 0, 0, 1], port: 4711 }),
      proxyV2({ family: 2, address: [...Array.from({ length: 15 }, () => 0), 1], port: 4711 }),
    ];
    for (const header of loopback) expect(await statusOf(gateway, header, STATUS_REQUEST)).toBe(403);
    const forged = STATUS_REQUEST.replace('\r\n\r\n', '\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n');
    expect(await statusOf(gateway, 'PROXY TCP4 10.1.1.1 10.0.0.1 4711 80\r\n', forged)).toBe(403);
    const upgrade = upgradeRequest('/connect', { 'X-Forwarded-For': '127.0.0.1' });
    expect(await statusOf(gateway, 'PROXY TCP4 10.1.1.1 10.0.0.1 4711 80\r\n', upgrade)).toBe(403);
  });
});
