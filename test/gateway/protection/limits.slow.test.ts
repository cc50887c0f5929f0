import { describe, expect, it } from 'vitest';
import { OPCODE, RawWebSocket } from '../../support/raw-websocket.js';
import { RunningGateway } from '../../support/running-gateway.js';

const ENDPOINT = { path: '/connect', set_tags: { foo: 'bar' } };

/** '' while the connection is refused. */
async function readMetrics(port: number): Promise<string> {
  const client = await RawWebSocket.connect(port);
  client.write('GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n');
  return (await client.rest()).toString();
}

it('connections without a handshake above max_plain_connections are cut, counted and logged at a limited rate', async () => {
  const gateway = await RunningGateway.start({
    internal_listen_addr: '127.0.0.1:0',
    limits: { max_plain_connections: 16 },
  });
  const internal = gateway.gateway.internalAddress?.port ?? 0;
  for (const port of [gateway.port, internal]) {
    const silent = await Promise.all(Array.from({ length: 46 }, () => RawWebSocket.connect(port)));
    const isCut = ({ socket }: RawWebSocket): boolean => socket.destroyed || socket.readableEnded;
    await expect.poll(() => silent.filter(isCut).length).toBe(30);
    for (const client of silent) client.destroy();
  }
  // A request for the metrics may be one more that is refused.
  const counted = /plain_connections_refused_total\{reason="max_plain_connections"\} 6\d/;
  await expect.poll(() => readMetrics(internal)).toMatch(counted);
  const logged = gateway.log.lines.filter(({ event }) => event === 'connection.refused');
  expect(logged[0]?.fields).toMatchObject({ peer: '127.0.0.1', reason: 'max_plain_connections' });
  expect(logged.length).toBeLessThan(30);
});

describe.each(['uws', 'ws'] as const)('limits on %s', (transport) => {
  it('above max_connections upgrades get 503, until one has closed', async () => {
    const gateway = await RunningGateway.start({ transport, limits: { max_connections: 2 } });
    const stream = await gateway.events();
    const first = await gateway.connect();
    await gateway.connect();
    const refused = await gateway.upgradeAnswer();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    first.destroy();
    await stream.nextBlocks(3);
    await gateway.connect();
    expect(await gateway.get('/metrics')).toContain('upgrades_refused_total{reason="max_connections"} 1');
  });

  it('above max_connections_per_address upgrades get 429', async () => {
    const gateway = await RunningGateway.start({ transport, limits: { max_connections_per_address: 1 } });
    await gateway.connect();
    const refused = await gateway.upgradeAnswer();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect(gateway.log.lines.at(-1)).toMatchObject({
      event: 'upgrade.refused',
      fields: { reason: 'max_connections_per_address', path: '/connect', peer: '127.0.0.1' },
    });
  });

  it('above handshakes_per_s upgrades get 429', async () => {
    const gateway = await RunningGateway.start({ transport, limits: { handshakes_per_s: 1 } });
    const answers = await Promise.all(Array.from({ length: 5 }, () => gateway.upgradeAnswer()));
    const refused = answers.find(({ status }) => status !== 101);
    expect([refused?.status, refused?.headers.get('retry-after')]).toEqual([429, '1']);
  });

  it.each([
    ['messages_per_s', { messages_per_s: 3 }, ['1', '2', '3']],
    ['bytes_per_s', { bytes_per_s: 2 }, ['1', '2']],
  ])('above %s a client is closed with 1008, and what it sent before is delivered', async (_key, rate, accepted) => {
    const gateway = await RunningGateway.start({ transport, endpoints: [{ ...ENDPOINT, ...rate }] });
    const stream = await gateway.events();
    const other = await gateway.connect();
    const client = await gateway.connect();
    for (const text of ['1', '2', '3', '4', '5', '6']) client.send(OPCODE.text, text);
    expect(await client.closeCode()).toBe(1008);
    const blocks = await stream.nextBlocks(2 + accepted.length + 1);
    const events = blocks.map((block): Record<string, string> => JSON.parse(block['data'] ?? '{}'));
    expect(events.filter(({ action }) => action === 'message').map(({ message }) => message)).toEqual(accepted);
    expect(events.at(-1)?.action).toBe('close');
    other.send(OPCODE.text, '7');
    await stream.nextBlocks(1);
    expect(await gateway.get('/metrics')).toContain('connections_closed_total{reason="rate_limited"} 1');
  });

  it('a message larger than a second of bytes_per_s passes once the allowance is full', async () => {
    const gateway = await RunningGateway.start({ transport, endpoints: [{ ...ENDPOINT, bytes_per_s: 10 }] });
    const stream = await gateway.events();
    const client = await gateway.connect();
    client.send(OPCODE.text, 'x'.repeat(1000));
    const [, message] = await stream.nextBlocks(2);
    expect(message?.['data']).toContain('xxxx');
    client.send(OPCODE.text, 'y');
    expect(await client.closeCode()).toBe(1008);
  });

  it('tags over a limit are refused with a reason, and no connection gets any of them', async () => {
    const limits = { max_tags: 3, max_tag_bytes: 16 };
    const gateway = await RunningGateway.start({ transport, limits });
    const stream = await gateway.events();
    await gateway.connect();
    await gateway.connect();
    const [first] = await stream.nextBlocks(2);
    const { connection }: Record<string, string> = JSON.parse(first?.['data'] ?? '{}');
    expect(await gateway.post(`/settags?id=${connection}`, 'a=1&b=2')).toBe('1');
    const refused = await fetch(gateway.url('/settags?foo=bar'), { method: 'POST', body: 'c=3' });
    expect([refused.status, await refused.text()]).toEqual([
      400,
      `the connection ${connection} would have 4 tags; at most 3 are allowed\n`,
    ]);
    expect(await gateway.post('/settags?foo=bar', `c=${'x'.repeat(20)}`)).toContain('the tag "c" has 21 bytes');
    expect(await gateway.get('/status')).not.toContain('c=');
    expect(await gateway.post('/settags?foo=bar', 'a=9')).toBe('2');
    expect(await gateway.post(`/settags?id=${connection}`, 'b=&c=3')).toBe('1');
  });

  it.each(['/send', '/settags', '/close'])('a body over max_send_body_bytes gets 413 at %s', async (path) => {
    const gateway = await RunningGateway.start({ transport, max_send_body_bytes: 10 });
    const answer = await fetch(gateway.url(`${path}?all=true`), { method: 'POST', body: 'a='.padEnd(11, 'x') });
    expect([answer.status, await answer.text()]).toEqual([413, 'the body is larger than 10 bytes\n']);
    expect(await gateway.post(`${path}?all=true`, 'a='.padEnd(10, 'x'))).toBe('0');
  });

  it('origins: those that are listed may connect, with the case and port that browsers write', async () => {
    const endpoints = [{ ...ENDPOINT, allowed_origins: ['https://*.example.com'] }];
    const gateway = await RunningGateway.start({ transport, endpoints });
    const statusOf = async (Origin?: string) =>
      (await gateway.upgradeAnswer('/connect', Origin === undefined ? {} : { Origin })).status;
    expect([await statusOf('https://a.example.com'), await statusOf('https://A.example.com:443')]).toEqual([101, 101]);
    expect([await statusOf(), await statusOf('null'), await statusOf('https://example.com')]).toEqual([403, 403, 403]);
  });
});
