import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../src/gateway/config-file/config-schema.js';
import { OPCODE, RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';
import { RunningGateway } from '../support/running-gateway.js';

/** Gateways that answer alike. With a cluster clients are connected to all nodes, and one is asked. */
const GATEWAYS = [
  { name: 'uws', transport: 'uws', makeUp: undefined },
  { name: 'ws', transport: 'ws', makeUp: undefined },
  { name: 'three workers', transport: 'ws', makeUp: { workers: 3, nodes: 1 } },
  { name: 'a node of three', transport: 'ws', makeUp: { workers: 1, nodes: 3 } },
] as const;

/** The observable behaviour of wsgateway that users rely on, and its defects that are fixed. */
describe.each(GATEWAYS)('the internal API on $name', ({ transport, makeUp }) => {
  const start = (config: Partial<ConfigInput>) => RunningGateway.start({ transport, ...config }, makeUp);

  async function started() {
    const gateway = await start({
      endpoints: [{ path: '/connect', set_tags: { foo: 'bar', 'a b': 'c+d&é' } }, { path: '/bare' }],
    });
    return { gateway, client: await gateway.connect() };
  }

  async function closing(client: RawWebSocket) {
    const message = (await client.frame()).payload.toString();
    const { opcode, payload } = await client.frame();
    client.send(OPCODE.close, payload.subarray(0, 2));
    return [message, opcode, payload.readUInt16BE(0), payload.toString('utf8', 2)];
  }

  it('/send reaches the connections that the selector means', async () => {
    const { gateway } = await started();
    const counts = [
      ['foo=bar', '1'],
      ['foo=bar&foo=nope', '1'],
      ['foo=nope&foo=bar', '0'],
      ['foo=bar&a+b=c%2Bd%26%C3%A9', '1'],
      ['foo=bar&a%20b=c%2Bd%26é', '1'],
      ['foo=bar&missing=x', '0'],
      ['foo=b%61r', '1'],
      ['foo', '0'],
      ['id=', '0'],
      ['id=unknown', '0'],
      ['all=true', '1'],
    ] as const;
    for (const [selector, count] of counts) {
      expect(await gateway.post(`/send?${selector}`, 'x'), selector).toBe(count);
    }
  });

  it('/settags reads a form whatever its content type, and deleting a tag that no connection has changes nothing', async () => {
    const { gateway } = await started();
    for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded']) {
      expect(await gateway.post('/settags?foo=bar', 'user=1&nobody=', { 'Content-Type': type })).toBe('1');
    }
    expect(await gateway.post('/settags?user=1', 'user=2')).toBe('1');
    expect(await gateway.post('/send?user=1', 'x')).toBe('0');
    expect(await gateway.post('/send?user=2', 'x')).toBe('1');
    const refused = await fetch(gateway.url('/settags?foo=bar'), { method: 'POST', body: 'id=other' });
    expect(refused.status).toBe(400);
  });

  it('200 concurrent /settags leave the last value of each tag and no others', async () => {
    const { gateway } = await started();
    const numbers = Array.from({ length: 200 }, (_, number) => number);
    const counts = await Promise.all(numbers.map((n) => gateway.post('/settags?foo=bar', `k${n % 10}=${n}&all=${n}`)));
    expect(new Set(counts)).toEqual(new Set(['1']));
    const tree: Record<string, string[]> = JSON.parse(await gateway.get('/tree?format=json'));
    expect(Object.keys(tree)).toHaveLength(13);
    expect(Object.values(tree).every((values) => values.length === 1)).toBe(true);
  });

  it('/close of many connections sends each its message and its close frame', async () => {
    const { gateway, client } = await started();
    const clients = [client, ...(await Promise.all(Array.from({ length: 30 }, () => gateway.connect())))];
    const others = await gateway.connect('/bare');
    expect(await gateway.post('/close?foo=bar', 'bye')).toBe('31');
    const seen = await Promise.all(clients.map(closing));
    expect(seen).toEqual(clients.map(() => ['bye', OPCODE.close, 1000, 'Closed by server']));
    expect(await gateway.post('/send?all=true', 'x')).toBe('1');
    expect((await others.frame()).payload.toString()).toBe('x');
  });

  it('a message above the bound of a connection that reads is counted and arrives, and so does the next one', async () => {
    const gateway = await start({
      endpoints: [{ path: '/connect', set_tags: { foo: 'bar' }, max_queue_bytes: 1_000_000 }],
    });
    const client = await gateway.connect();
    expect(await gateway.post('/send?foo=bar', 'x'.repeat(4_000_000))).toBe('1');
    expect((await client.frame()).payload).toHaveLength(4_000_000);
    expect(await gateway.post('/send?foo=bar', 'after')).toBe('1');
    expect((await client.frame()).payload.toString()).toBe('after');
  });

  it('a line of /status has the id first and a space after each pair, and values cannot forge a pair', async () => {
    const { gateway } = await started();
    await gateway.connect('/bare');
    const lines = (await gateway.get('/status')).split('\n');
    expect(lines).toHaveLength(3);
    const [tagged, bare] = lines[0]?.includes('foo') === true ? lines : [lines[1], lines[0]];
    expect(tagged).toMatch(/^id=[0-9a-f-]{36} foo=bar a%20b=c\+d&é $/);
    expect(bare).toMatch(/^id=[0-9a-f-]{36} $/);
    expect(await gateway.get('/tree')).toBe('foo\n - bar\n\na b\n - c+d&é\n\n');
  });
});

describe.each(GATEWAYS)('a handshake on $name', ({ transport, makeUp }) => {
  const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };

  async function handshake(headers: Readonly<Record<string, string>>) {
    const endpoints = [{ path: '/connect', set_tags: { foo: 'bar' }, subprotocols: ['b', 'c'] }];
    const gateway = await RunningGateway.start({ transport, endpoints }, makeUp);
    const client = await RawWebSocket.connect(gateway.port);
    client.write(upgradeRequest('/connect', headers));
    return { gateway, client, answer: await client.head() };
  }

  it('with an offer of compression gets it without context takeover, and long messages compressed', async () => {
    const { gateway, client, answer } = await handshake(OFFER);
    const parts = answer.headers.get('sec-websocket-extensions')?.split(/\s*;\s*/) ?? [];
    expect(parts[0]).toBe('permessage-deflate');
    expect(parts.slice(1).toSorted()).toEqual(['client_no_context_takeover', 'server_no_context_takeover']);
    await gateway.post('/send?foo=bar', 'x'.repeat(511));
    await gateway.post('/send?foo=bar', 'x'.repeat(512));
    expect([(await client.frame()).compressed, (await client.frame()).compressed]).toEqual([false, true]);
  });

  it('without an offer gets no compression', async () => {
    const { answer } = await handshake({});
    expect(answer.status).toBe(101);
    expect(answer.headers.has('sec-websocket-extensions')).toBe(false);
    expect(answer.headers.has('sec-websocket-protocol')).toBe(false);
  });

  it('gets the first subprotocol offered that is listed', async () => {
    const { answer } = await handshake({ 'Sec-WebSocket-Protocol': 'a, c, b' });
    expect(answer.headers.get('sec-websocket-protocol')).toBe('c');
  });
});
