import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../../src/gateway/config-file/config-schema.js';
import { HttpBackend } from '../../support/http-backend.js';
import { RawWebSocket, upgradeRequest } from '../../support/raw-websocket.js';
import { RunningGateway } from '../../support/running-gateway.js';

type EndpointInput = NonNullable<ConfigInput['endpoints']>[number];
type WebhookInput = NonNullable<NonNullable<EndpointInput['auth']>['webhook']>;

async function start(transport: 'uws' | 'ws', webhook: WebhookInput = {}, rest: Partial<ConfigInput> = {}) {
  const backend = await HttpBackend.start();
  const auth = { mode: 'webhook' as const, webhook: { url: `${backend.url}/auth?token=MARK`, ...webhook } };
  const stream_include_tags = ['foo', 'user', 'n'];
  const subprotocols = ['chat', 'other'];
  const endpoint = { path: '/connect', set_tags: { foo: 'bar' }, stream_include_tags, subprotocols, auth };
  const gateway = await RunningGateway.start({ transport, endpoints: [endpoint], ...rest });
  return { backend, gateway };
}

describe.each(['uws', 'ws'] as const)('an authentication backend, on %s', (transport) => {
  it('gets the upgrade and returns tags', async () => {
    const { backend, gateway } = await start(transport, { headers: { 'X-Gateway': 'one' } });
    const stream = await gateway.events();
    backend.answer({ tags: { user: 'ann', n: 1, foo: '' } });
    const headers = {
      Cookie: 'session=1',
      Authorization: 'Basic x',
      'X-Other': '1',
      'Sec-WebSocket-Protocol': 'a, chat',
    };
    const client = await gateway.connect('/connect?room=%20a', headers);
    const [request] = backend.requests;
    expect(request?.headers).toMatchObject({ 'x-gateway': 'one', 'content-type': 'application/json' });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      path: '/connect',
      query: 'room=%20a',
      headers: { authorization: 'Basic x', cookie: 'session=1' },
      address: '127.0.0.1',
      subprotocols: ['a', 'chat'],
    });
    const [open] = await stream.nextBlocks(1);
    expect(open?.['data']).toContain('"tags":"n=1\\u0026user=ann"');
    client.destroy();
  });

  it("gets the client's header bytes as UTF-8 where valid, else as latin-1, and two Cookie lines as one", async () => {
    const { backend, gateway } = await start(transport, { forward_headers: ['cookie', 'x-name', 'x-list'] });
    const utf8 = Buffer.from('grüße €').toString('latin1');
    const lines = [`Cookie: a=${utf8}.`, 'X-Name: M\u00fcller.', 'Cookie: b=2', 'X-List: 1', 'X-List: 2'];
    const client = await RawWebSocket.connect(gateway.port);
    const request = upgradeRequest('/connect').replace(/\r\n\r\n$/, `\r\n${lines.join('\r\n')}\r\n\r\n`);
    client.write(Buffer.from(request, 'latin1'));
    expect((await client.head()).status).toBe(101);
    const { headers }: { headers: unknown } = JSON.parse(backend.requests[0]?.body ?? '');
    expect(headers).toEqual({ cookie: 'a=grüße €.; b=2', 'x-name': 'Müller.', 'x-list': '1, 2' });
    client.destroy();
  });

  it('refuses with the header bytes that it sent', async () => {
    const { backend, gateway } = await start(transport);
    const challenge = `Custom realm="${Buffer.from('grüße').toString('latin1')}"`;
    backend.answer({}, 401, { 'WWW-Authenticate': challenge });
    expect((await gateway.upgradeAnswer()).headers.get('www-authenticate')).toBe('Custom realm="grüße"');
  });

  it('may choose an offered subprotocol, and no other', async () => {
    const { backend, gateway } = await start(transport);
    const ask = () => gateway.upgradeAnswer('/connect', { 'Sec-WebSocket-Protocol': 'chat, mine' });
    backend.answer({});
    expect((await ask()).headers.get('sec-websocket-protocol')).toBe('chat');
    backend.answer({ subprotocol: 'mine' });
    expect((await ask()).headers.get('sec-websocket-protocol')).toBe('mine');
    backend.answer({ subprotocol: 'theirs' });
    expect((await ask()).status).toBe(503);
  });

  it('accepts with any 2xx and an empty body, and limits a connection in time', async () => {
    const { backend, gateway } = await start(transport);
    backend.answering = (_request, response) => void response.writeHead(204).end();
    expect((await gateway.upgradeAnswer()).status).toBe(101);
    backend.answer({ expires_at: Date.now() / 1000 + 0.5 });
    const client = await gateway.connect();
    expect(await client.closeCode()).toBe(4001);
  });

  it.each([
    [401, {}, { 'www-authenticate': 'Bearer' }],
    [401, { 'WWW-Authenticate': 'Custom' }, { 'www-authenticate': 'Custom' }],
    [403, { 'Set-Cookie': 'x=1' }, { 'content-type': 'application/json' }],
    [429, { 'Retry-After': '7' }, { 'retry-after': '7' }],
    [418, {}, {}],
  ])('refuses with its own status: %d %j', async (status, given, seen) => {
    const { backend, gateway } = await start(transport);
    backend.answer({ why: 'so' }, status, given);
    const answer = await gateway.upgradeAnswer();
    expect([answer.status, answer.body]).toEqual([status, '{"why":"so"}']);
    expect(Object.fromEntries(answer.headers)).toMatchObject(seen);
    expect(answer.headers.has('set-cookie')).toBe(false);
  });

  it('causes 503 when it fails, redirects, or its answer is too long or malformed', async () => {
    const { backend, gateway } = await start(transport, { timeout_s: 0.2 });
    const trap = await HttpBackend.start();
    const status = async () => (await gateway.upgradeAnswer()).status;
    const seen: number[] = [];
    backend.answer({}, 500);
    seen.push(await status());
    backend.answer({}, 307, { Location: trap.url });
    seen.push(await status());
    backend.answer({ tags: { a: 'x'.repeat(100_000) } });
    seen.push(await status());
    backend.answer({ tags: ['a'] });
    seen.push(await status());
    backend.answering = (_request, response) => void response.end('{');
    seen.push(await status());
    backend.answering = () => undefined;
    seen.push(await status());
    backend.stop();
    seen.push(await status());
    expect(seen).toEqual([503, 503, 503, 503, 503, 503, 503]);
    expect(trap.requests).toEqual([]);
    expect(JSON.stringify(gateway.log.lines)).not.toContain('MARK');
  });

  it('is called each time, or with a cache once for identical questions', async () => {
    const asking = await start(transport);
    await asking.gateway.upgradeAnswer();
    await asking.gateway.upgradeAnswer();
    expect(asking.backend.requests).toHaveLength(2);

    const { backend, gateway } = await start(transport, { cache_s: 60 });
    const ask = async (path: string, headers = {}) => (await gateway.upgradeAnswer(path, headers)).status;
    expect([await ask('/connect'), await ask('/connect')]).toEqual([101, 101]);
    expect(backend.requests).toHaveLength(1);
    backend.answer({}, 403);
    expect([await ask('/connect', { Cookie: 'a' }), await ask('/connect', { Cookie: 'a' })]).toEqual([403, 403]);
    expect(backend.requests).toHaveLength(2);
    backend.answer({}, 500);
    expect([await ask('/connect?x'), await ask('/connect?x'), await ask('/connect')]).toEqual([503, 503, 101]);
    expect(backend.requests).toHaveLength(4);
    backend.answer({}, 429);
    expect([await ask('/connect?y'), await ask('/connect?y')]).toEqual([429, 429]);
    expect(backend.requests).toHaveLength(6);
  });

  it('has a limited number of pending upgrades, and limits are checked again after its answer', async () => {
    const limits = { max_pending_upgrades: 2, max_connections: 1 };
    const { backend, gateway } = await start(transport, {}, { limits });
    const answers: (() => void)[] = [];
    const bothAsked = new Promise<void>((resolve) => {
      backend.answering = (_request, response) => {
        answers.push(() => void response.end());
        if (answers.length === 2) resolve();
      };
    });
    const waiting = await Promise.all([RawWebSocket.connect(gateway.port), RawWebSocket.connect(gateway.port)]);
    for (const client of waiting) client.write(upgradeRequest('/connect'));
    await bothAsked;
    expect((await gateway.upgradeAnswer()).status).toBe(503);
    for (const answer of answers) answer();
    const statuses = await Promise.all(waiting.map(async (client) => (await client.head()).status));
    expect(statuses.toSorted((a, b) => a - b)).toEqual([101, 503]);
    const metrics = await gateway.get('/metrics');
    expect(metrics).toContain('upgrades_refused_total{reason="max_pending_upgrades"} 1');
    expect(metrics).toContain('upgrades_refused_total{reason="max_connections"} 1');
    for (const client of waiting) client.destroy();
  });

  it('leaves room for other addresses while one has pending upgrades', async () => {
    const trusted_proxies = ['127.0.0.1/32'];
    const { backend, gateway } = await start(transport, {}, { limits: { max_pending_upgrades: 8 }, trusted_proxies });
    const asked: (() => void)[] = [];
    let onAsked = (): void => undefined;
    backend.answering = (_request, response) => {
      asked.push(() => void response.end());
      onAsked();
    };
    const allAsked = (count: number) =>
      new Promise<void>((resolve) => {
        onAsked = () => asked.length >= count && resolve();
        onAsked();
      });
    const ask = async (address: string) => {
      const client = await RawWebSocket.connect(gateway.port);
      client.write(upgradeRequest('/connect', { 'X-Forwarded-For': address }));
      return client;
    };
    const waiting: RawWebSocket[] = [];
    for (let count = 1; count <= 4; count += 1) {
      waiting.push(await ask('203.0.113.7'));
      await allAsked(count);
    }
    const refused = await gateway.upgradeAnswer('/connect', { 'X-Forwarded-For': '203.0.113.7' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    waiting.push(await ask('203.0.113.8'));
    await allAsked(5);
    for (const answer of asked) answer();
    for (const client of waiting) expect((await client.head()).status).toBe(101);
    for (const client of waiting) client.destroy();
  });

  it('an upgrade that is decided while the gateway drains is refused', async () => {
    const { backend, gateway } = await start(transport, {}, { drain: { pause_s: 0, close_spread_s: 3 } });
    // Closes are spread over the drain, which lasts until the last of them.
    for (let count = 0; count < 3; count += 1) await gateway.connect();
    const asked = new Promise<() => void>((resolve) => {
      backend.answering = (_request, response) => resolve(() => void response.end());
    });
    const client = await RawWebSocket.connect(gateway.port);
    client.write(upgradeRequest('/connect'));
    const answer = await asked;
    const stopped = gateway.gateway.stop();
    // Past the microtasks in which the stop begins.
    await new Promise((resolve) => setImmediate(resolve));
    answer();
    expect((await client.head()).status).toBe(503);
    client.destroy();
    await stopped;
  });
});
