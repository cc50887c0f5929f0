import { describe, expect, it } from 'vitest';
import { OPCODE, RawWebSocket } from '../../support/raw-websocket.js';
import { RunningGateway } from '../../support/running-gateway.js';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';

function describeTransports(name: string, tests: (transport: 'uws' | 'ws') => void): void {
  describe.each(['uws', 'ws'] as const)(`${name} on %s`, (transport) => {
    tests(transport);
  });
}

async function raw(gateway: RunningGateway, request: string) {
  const connection = await RawWebSocket.connect(gateway.port);
  connection.write(request);
  const answer = await connection.answer();
  connection.destroy();
  return answer;
}

async function idOf(gateway: RunningGateway): Promise<string> {
  return new RegExp(`id=(${UUID})`).exec(await gateway.get('/status'))?.[1] ?? '';
}

describeTransports('/send', (transport) => {
  it('answers the count as bare text with its length', async () => {
    const gateway = await RunningGateway.start({ transport });
    await gateway.connect();
    const response = await fetch(gateway.url('/send?foo=bar'), { method: 'POST', body: 'x' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('content-length')).toBe('1');
    expect(await response.text()).toBe('1');
    expect(await gateway.post('/send?foo=other', 'x')).toBe('0');
  });

  it('sends text unless the content type is exactly application/octet-stream; an empty body is an empty frame', async () => {
    const gateway = await RunningGateway.start({ transport });
    const client = await gateway.connect();
    await gateway.post('/send?foo=bar', 'text', { 'Content-Type': 'application/octet-stream; x=y' });
    await gateway.post('/send?foo=bar', new Uint8Array([0xff, 0]), { 'Content-Type': 'application/octet-stream' });
    await gateway.post('/send?foo=bar', '');
    const frames = [await client.frame(), await client.frame(), await client.frame()];
    expect(frames.map(({ opcode, payload }) => [opcode, [...payload]])).toEqual([
      [OPCODE.text, [...Buffer.from('text')]],
      [OPCODE.binary, [0xff, 0]],
      [OPCODE.text, []],
    ]);
  });

  it('refuses text that is not UTF-8, an empty selector, and a body above the inclusive limit', async () => {
    const gateway = await RunningGateway.start({ transport, max_send_body_bytes: 1000 });
    await gateway.connect();
    const statusOf = async (path: string, body: string | Uint8Array<ArrayBuffer>) => {
      const response = await fetch(gateway.url(path), { method: 'POST', body });
      await response.text();
      return response.status;
    };
    expect(await statusOf('/send?foo=bar', new Uint8Array([0xff]))).toBe(400);
    expect(await statusOf('/send', 'x')).toBe(400);
    expect(await statusOf('/send?foo=bar', 'x'.repeat(1000))).toBe(200);
    expect(await statusOf('/send?foo=bar', 'x'.repeat(1001))).toBe(413);
    expect(await gateway.post('/send?all=true', 'x')).toBe('1');
  });

  it('sends once to a repeated id, and ignores an unknown one', async () => {
    const gateway = await RunningGateway.start({ transport });
    await gateway.connect();
    const id = await idOf(gateway);
    expect(await gateway.post(`/send?id=${id},${id},unknown&foo=nonsense`, 'x')).toBe('1');
    expect(await gateway.post('/send?id=unknown', 'x')).toBe('0');
  });
});

describeTransports('/settags, /status and /tree', (transport) => {
  it('tags are set, replaced and deleted, and both listings follow', async () => {
    const gateway = await RunningGateway.start({ transport });
    await gateway.connect();
    const id = await idOf(gateway);
    expect(await gateway.get('/status')).toBe(`id=${id} foo=bar \n`);
    expect(await gateway.post('/settags?foo=bar', 'user=7&user=8&note=a+b%0A')).toBe('1');
    expect(await gateway.get('/status')).toBe(`id=${id} foo=bar user=7 note=a%20b%0A \n`);
    expect(await gateway.post('/settags?user=7', 'user=9&note=&missing=')).toBe('1');
    expect(await gateway.get('/status')).toBe(`id=${id} foo=bar user=9 \n`);
    expect(await gateway.get('/tree')).toBe('foo\n - bar\n\nuser\n - 9\n\n');
    expect(await gateway.post('/send?user=7', 'x')).toBe('0');
    expect(JSON.parse(await gateway.get('/tree?format=json'))).toEqual({ foo: ['bar'], user: ['9'] });
  });

  it.each([
    ['id=x', "'id'"],
    ['a=1;b=2', 'semicolon'],
    ['a=%zz', 'escape'],
  ])('the form %s is refused with a reason', async (form, reason) => {
    const gateway = await RunningGateway.start({ transport });
    const response = await fetch(gateway.url('/settags?foo=bar'), { method: 'POST', body: form });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(reason);
  });

  it('/status pages continue where the last one ended', async () => {
    const gateway = await RunningGateway.start({ transport });
    for (let i = 0; i < 5; i += 1) await gateway.connect();
    const page = async (query: string) => {
      const answer: { connections: { id: string }[]; next: string | null } = JSON.parse(
        await gateway.get(`/status?format=json${query}`),
      );
      return answer;
    };
    const first = await page('&limit=3');
    const second = await page(`&limit=3&after=${first.next}`);
    expect([first.connections.length, second.connections.length, second.next]).toEqual([3, 2, null]);
    const all = await page('');
    const paged = [...first.connections, ...second.connections].map(({ id }) => id);
    expect(new Set(paged)).toEqual(new Set(all.connections.map(({ id }) => id)));
    expect((await gateway.get('/status?limit=2')).split('\n')).toHaveLength(3);
    expect((await fetch(gateway.url('/status?limit=0'))).status).toBe(400);
  });

  it('without connections the listings are empty', async () => {
    const gateway = await RunningGateway.start({ transport });
    expect(await gateway.get('/status')).toBe('');
    expect(await gateway.get('/tree')).toBe('');
    expect(JSON.parse(await gateway.get('/status?format=json'))).toEqual({ connections: [], next: null });
  });
});

describeTransports('/close', (transport) => {
  it('sends the body first, then 1000', async () => {
    const gateway = await RunningGateway.start({ transport });
    const client = await gateway.connect();
    expect(await gateway.post('/close?foo=bar', 'bye')).toBe('1');
    expect((await client.frame()).payload.toString()).toBe('bye');
    const { opcode, payload } = await client.frame();
    expect([opcode, payload.readUInt16BE(0), payload.toString('utf8', 2)]).toEqual([
      OPCODE.close,
      1000,
      'Closed by server',
    ]);
  });
});

describeTransports('paths and methods', (transport) => {
  it('answers unknown paths, slashes, methods and missing upgrades like Go, or as HTTP requires', async () => {
    const gateway = await RunningGateway.start({ transport });
    const answer = (method: string, path: string) =>
      raw(gateway, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
    expect(await answer('GET', '/nope')).toMatchObject({ status: 404, body: '404 page not found\n' });
    expect(await answer('POST', '/send/')).toMatchObject({ status: 404, body: '404 page not found\n' });
    const redirect = await answer('POST', '//send?a=b');
    expect([redirect.status, redirect.headers.get('location')]).toEqual([301, '/send?a=b']);
    const wrong = await answer('GET', '/send?foo=bar');
    expect([wrong.status, wrong.headers.get('allow'), wrong.body]).toEqual([405, 'POST', '']);
    const wrongGet = await answer('DELETE', '/status');
    expect([wrongGet.status, wrongGet.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await answer('GET', '/connect')).status).toBe(400);
    expect((await answer('POST', '/%73end?foo=bar')).status).toBe(200);
    expect(await answer('GET', '/%ff')).toMatchObject({ status: 404, body: '404 page not found\n' });
  });

  it('answers HEAD like GET, without the body', async () => {
    const gateway = await RunningGateway.start({ transport });
    const connection = await RawWebSocket.connect(gateway.port);
    for (const path of ['/tree', '/status', '/metrics', '/events?since=0', '/healthz', '/events?since=x']) {
      connection.write(`HEAD ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      const head = await connection.head();
      const controller = new AbortController();
      const get = await fetch(gateway.url(path), { signal: controller.signal });
      expect([path, head.status, head.headers.get('content-type')]).toEqual([
        path,
        get.status,
        get.headers.get('content-type'),
      ]);
      controller.abort();
    }
    connection.destroy();
  });

  it('a caller without access to the internal API gets an empty 403, logged once a second', async () => {
    const gateway = await RunningGateway.start({ transport, internal_endpoint_access_whitelist: ['10.0.0.0/8'] });
    for (const path of ['/status', '/nope', '/metrics', '//send']) {
      const response = await fetch(gateway.url(path));
      expect([response.status, await response.text()]).toEqual([403, '']);
    }
    expect(await gateway.get('/healthz')).toBe('ok\n');
    expect(await gateway.get('/readyz')).toBe('ready\n');
    expect(gateway.log.events.filter((event) => event === 'access.refused').length).toBeLessThan(4);
    await expect(gateway.connect()).resolves.toBeDefined();
  });

  it('a web page cannot use the internal API through a browser on this machine', async () => {
    const gateway = await RunningGateway.start({ transport, internal_allowed_origins: ['http://ops.example'] });
    const status = async (headers: string) =>
      (await raw(gateway, `GET /status HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`)).status;
    expect(await status('Host: localhost\r\nOrigin: http://evil.example')).toBe(403);
    expect(await status('Host: localhost\r\nSec-Fetch-Site: cross-site')).toBe(403);
    expect(await status('Host: rebound.example')).toBe(403);
    expect(await status('Host: localhost\r\nOrigin: http://ops.example')).toBe(200);
    expect(await status('Host: localhost')).toBe(200);
  });

  it('a host name rebound to the gateway gives whitelisted browsers no access, unless it is listed', async () => {
    const lan = { internal_endpoint_access_whitelist: ['10.0.0.0/8'], trusted_proxies: ['127.0.0.1/32'] };
    const statuses = async (internal_hosts: string[], host: string) => {
      const gateway = await RunningGateway.start({ transport, ...lan, internal_hosts });
      const asked = ['/events', '/status', '/metrics', '/nowhere'].map(async (path) => {
        const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-For: 10.1.1.1\r\nConnection: close\r\n\r\n`;
        const client = await RawWebSocket.connect(gateway.port);
        client.write(head);
        const { status } = await client.head();
        client.destroy();
        return status;
      });
      const all = await Promise.all(asked);
      const refused = gateway.log.lines.find(({ event }) => event === 'access.refused');
      return { all, refused: refused?.fields };
    };
    const rebound = await statuses([], 'rebound.example:8080');
    expect(rebound.all).toEqual([403, 403, 403, 403]);
    expect(rebound.refused).toMatchObject({ reason: 'host', peer: '10.1.1.1', host: 'rebound.example:8080' });
    const open = [200, 200, 200, 404];
    expect((await statuses([], '10.0.0.5:8080')).all).toEqual(open);
    expect((await statuses(['wsg.internal'], 'WSG.internal:8080')).all).toEqual(open);
    expect((await statuses(['*.internal'], 'wsg.internal')).all).toEqual(open);
    expect((await statuses(['*'], 'any.example')).all).toEqual(open);
  });
});

describeTransports('/healthz and /metrics', (transport) => {
  it('health details name the transport and the reason for it', async () => {
    const gateway = await RunningGateway.start({ transport });
    const text = await gateway.get('/healthz');
    expect(text).toMatch(/^ok\n/);
    expect(text).toContain(`transport: ${transport}\n`);
    const reason = transport === 'uws' ? 'uws was requested' : 'ws is the default';
    expect(text).toContain(`transport_reason: ${reason}\n`);
    const binary = /^transport_package: .*@.*\ntransport_binary: .*\.node\ntransport_binary_sha256: [0-9a-f]{64}$/m;
    expect(binary.test(text)).toBe(transport === 'uws');
  });

  it('metrics keep the old names and texts, and count what happened', async () => {
    const gateway = await RunningGateway.start({ transport });
    const events = await gateway.events();
    const client = await gateway.connect();
    client.send(OPCODE.text, 'hello');
    await events.nextBlocks(2);
    await gateway.post('/send?foo=bar', 'x');
    await client.frame();
    await gateway.post('/close?foo=bar');
    await events.nextBlocks(1);
    const text = await gateway.get('/metrics');
    expect(text).toContain('# HELP messages_recieved_counter The number of websocket messages\n');
    const lines = text.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'messages_sent_counter 1',
        'messages_recieved_counter 1',
        'connections_counter 1',
        'disconnections_counter 1',
        'active_connections_gauge 0',
        'connections_closed_total{reason="closed_by_backend"} 1',
        'messages_dropped_total{policy="close"} 0',
        'slow_clients_closed_total 0',
        'outbox_full 0',
      ]),
    );
    expect(text).toContain('process_cpu_user_seconds_total');
  });

  it('metrics that are not enabled are not found', async () => {
    const gateway = await RunningGateway.start({ transport, prometheus: {} });
    expect((await fetch(gateway.url('/metrics'))).status).toBe(404);
  });
});

it.each(['OPTIONS *', 'CONNECT example.com:80'])(
  '"%s" names no path: it is not found on ws, and redirected to none (uws answers 505)',
  async (line) => {
    const gateway = await RunningGateway.start({ transport: 'ws' });
    const answer = await raw(gateway, `${line} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect([answer.status, answer.headers.has('location')]).toEqual([404, false]);
  },
);
