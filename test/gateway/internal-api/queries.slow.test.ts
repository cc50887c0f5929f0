import { describe, expect, it } from 'vitest';
import { RawWebSocket } from '../../support/raw-websocket.js';
import { RunningGateway } from '../../support/running-gateway.js';

describe.each(['uws', 'ws'] as const)('queries on %s', (transport) => {
  it('selects a tag by raw UTF-8, also on the separate internal listener', async () => {
    for (const internal of ['', '127.0.0.1:0']) {
      const gateway = await RunningGateway.start({ transport, internal_listen_addr: internal });
      await gateway.connect();
      await gateway.post('/settags?foo=bar', 'name=Zo%C3%AB');
      const client = await RawWebSocket.connect(gateway.gateway.internalAddress?.port ?? gateway.port);
      client.write('POST /send?name=Zoë HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi');
      expect((await client.answer()).body).toBe('1');
      client.destroy();
    }
  });

  it('/status lists the selected connections as text, as JSON and in pages', async () => {
    const gateway = await RunningGateway.start({ transport });
    for (let i = 0; i < 4; i += 1) await gateway.connect();
    const ids = [...(await gateway.get('/status')).matchAll(/id=(\S+)/g)].map(([, id]) => id ?? '').toSorted();
    await gateway.post(`/settags?id=${ids[0]},${ids[2]},${ids[3]}`, 'room=7');
    await gateway.post(`/settags?id=${ids[3]}`, 'role=admin');
    const listed = async (query: string): Promise<string[]> =>
      [...(await gateway.get(`/status?${query}`)).matchAll(/id=(\S+)/g)].map(([, id]) => id ?? '').toSorted();
    expect(await listed('room=7')).toEqual([ids[0], ids[2], ids[3]]);
    expect(await listed('room=7&role=admin&foo=bar')).toEqual([ids[3]]);
    expect(await listed('room=8')).toEqual([]);
    expect(await listed(`id=${ids[1]},nobody`)).toEqual([ids[1]]);
    expect(await listed('all=true')).toEqual(ids);
    expect(await listed('room=7&limit=2')).toEqual([ids[0], ids[2]]);
    expect(await listed(`room=7&limit=&after=${ids[0]}`)).toEqual([ids[2], ids[3]]);
    expect(await listed('format=&after=')).toEqual(ids);
    const json: unknown = JSON.parse(await gateway.get('/status?format=json&role=admin'));
    expect(json).toEqual({ connections: [{ id: ids[3], tags: { foo: 'bar', room: '7', role: 'admin' } }], next: null });
    await gateway.post('/settags?role=admin', 'role=');
    expect(await listed('role=admin')).toEqual([]);
  });

  it.each([
    ['GET', '/status?fromat=json', 'unknown parameter "fromat"'],
    ['GET', '/status?foo=bar&page=2', 'unknown parameter "page"'],
    ['GET', '/status?id=x&Limit=2', 'unknown parameter "Limit"'],
    ['GET', '/status?format=xml', 'format must be json or text (got "xml")'],
    ['GET', '/status?limit=-1', 'limit must be an integer >= 1 (got "-1")'],
    ['GET', '/status?all=1', 'all must be \'true\' (got "1")'],
    ['GET', '/status?foo=%zz', 'invalid URL escape "%zz"'],
    ['GET', '/status?a=1;foo=bar', 'invalid semicolon separator in query'],
    ['GET', '/status?format=json&foo=%4', 'invalid URL escape "%4"'],
    ['GET', '/tree?format=json;', 'invalid semicolon separator in query'],
    ['GET', '/tree?foo=bar', 'unknown parameter "foo"'],
    ['GET', '/tree?format=xml', 'format must be json or text (got "xml")'],
    ['GET', '/events?sinc=0', 'unknown parameter "sinc"'],
    ['POST', '/send?all=1', 'all must be \'true\' (got "1")'],
    ['POST', '/settags?all=yes', 'all must be \'true\' (got "yes")'],
    ['POST', '/close?all=true&foo=bar', 'all=true selects every connection'],
  ])('%s %s is refused and the answer names what is wrong', async (method, path, reason) => {
    const gateway = await RunningGateway.start({ transport });
    await gateway.connect();
    const response = await fetch(gateway.url(path), { method });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(reason)]);
  });

  it('a tag in the configuration is known before any connection has it', async () => {
    const gateway = await RunningGateway.start({ transport });
    expect(await gateway.get('/status?foo=bar&user=7')).toBe('');
  });
});

it('logs malformed requests at most once a second, with the peer', async () => {
  const gateway = await RunningGateway.start({ transport: 'ws', internal_listen_addr: '127.0.0.1:0' });
  for (const port of [gateway.port, gateway.gateway.internalAddress?.port ?? 0]) {
    for (let i = 0; i < 10; i += 1) {
      const client = await RawWebSocket.connect(port);
      client.write('GET /a\x01?token=secret HTTP/1.1\r\nHost: x\r\n\r\n');
      expect((await client.head()).status).toBe(400);
    }
  }
  const lines = gateway.log.lines.filter(({ event }) => event === 'http.malformed');
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(10);
  expect(lines[0]?.fields).toEqual({ peer: '127.0.0.1', status: 400, reason: 'Invalid char in url path' });
});
