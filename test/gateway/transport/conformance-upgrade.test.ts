import { once } from 'node:events';
import { expect, it } from 'vitest';
import { OPCODE, RawWebSocket, upgradeRequest } from '../../support/raw-websocket.js';
import { type Bench, type Fixture, onBothTransports, PATH, text } from './transport-fixture.js';

/** Asks for an upgrade and gives the whole answer. */
async function ask(fixture: Fixture, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
  const client = await RawWebSocket.connect(fixture.port);
  client.write(upgradeRequest(PATH, headers, method));
  const answer = await client.answer();
  client.destroy();
  return answer;
}

const DEFLATE_OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };

onBothTransports('upgrade', (bench: Bench) => {
  it('answers a handshake with 101, the accept hash and nothing that was not requested', async () => {
    const fixture = await bench.start();
    const { status, headers } = await ask(fixture);
    expect(status).toBe(101);
    expect(headers.get('upgrade')?.toLowerCase()).toBe('websocket');
    expect(headers.get('connection')?.toLowerCase()).toBe('upgrade');
    expect(headers.get('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(headers.has('sec-websocket-protocol')).toBe(false);
    expect(headers.has('sec-websocket-extensions')).toBe(false);
  });

  it.each([
    ['without Upgrade', { Upgrade: '' }, 'GET'],
    ['with another Upgrade', { Upgrade: 'h2c' }, 'GET'],
    ['without Connection', { Connection: '' }, 'GET'],
    ['with Connection: keep-alive', { Connection: 'keep-alive' }, 'GET'],
    ['without a key', { 'Sec-WebSocket-Key': '' }, 'GET'],
    ['with a short key', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, 'GET'],
    ['with a key of the right length that is not base64', { 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!==' }, 'GET'],
    ['by POST', { 'Content-Length': '0' }, 'POST'],
  ])('answers 400 to a request %s', async (_what, headers, method) => {
    const fixture = await bench.start();
    const answer = await ask(fixture, headers, method);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatch(/^Bad Request: .+\n$/);
    expect(fixture.handler.calls).toEqual([]);
  });

  const HANDSHAKE = upgradeRequest(PATH).split('\r\n').slice(2).join('\r\n');

  it.each([
    ['of HTTP/1.0', `GET ${PATH} HTTP/1.0\r\nHost: localhost\r\n${HANDSHAKE}`, 505],
    ['of HTTP/0.9', `GET ${PATH} HTTP/0.9\r\nHost: localhost\r\n${HANDSHAKE}`, 505],
    ['of HTTP/2.0', `GET ${PATH} HTTP/2.0\r\nHost: localhost\r\n${HANDSHAKE}`, 505],
    ['without Host', `GET ${PATH} HTTP/1.1\r\n${HANDSHAKE}`, 400],
    ['with two Hosts', `GET ${PATH} HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n${HANDSHAKE}`, 400],
    ['with a body', `GET ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n${HANDSHAKE}abcd`, 400],
    [
      'with two lengths',
      `GET ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n${HANDSHAKE}`,
      400,
    ],
    ['in chunks', `GET ${PATH} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n${HANDSHAKE}0\r\n\r\n`, 400],
  ])('refuses a handshake %s', async (_what, request, status) => {
    const fixture = await bench.start();
    const client = await RawWebSocket.connect(fixture.port);
    client.write(request);
    // uWebSockets.js cuts a request whose end can be seen in two places.
    const isCut = bench.name === 'uws' && request.includes('Content-Length: 0');
    const answer = await client.answer().catch(() => undefined);
    expect(answer?.status).toBe(isCut ? undefined : status);
    expect(fixture.handler.calls).toEqual([]);
    client.destroy();
  });

  it.each(['8', '12', '14', 'x'])('answers 426 to version %s and names 13', async (version) => {
    const fixture = await bench.start();
    const answer = await ask(fixture, { 'Sec-WebSocket-Version': version });
    expect([answer.status, answer.headers.get('sec-websocket-version')]).toEqual([426, '13']);
  });

  it('accepts Connection as a list, in any case', async () => {
    const fixture = await bench.start();
    const { status } = await ask(fixture, { Connection: 'keep-alive, UPGRADE', Upgrade: 'WebSocket' });
    expect(status).toBe(101);
  });

  it('refuses with the status, headers and body of the handler', async () => {
    const fixture = await bench.start();
    fixture.handler.onUpgrade = () => ({ accept: false, status: 403, headers: { 'X-Why': 'origin' }, body: 'no\n' });
    const answer = await ask(fixture);
    expect([answer.status, answer.headers.get('x-why'), answer.body]).toEqual([403, 'origin', 'no\n']);
    expect(fixture.handler.calls).toEqual([]);
  });

  it('waits for a handler that accepts or refuses later', async () => {
    const fixture = await bench.start();
    fixture.handler.onUpgrade = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return { accept: true, subprotocol: 'late' };
    };
    const accepted = await ask(fixture, { 'Sec-WebSocket-Protocol': 'late' });
    expect([accepted.status, accepted.headers.get('sec-websocket-protocol')]).toEqual([101, 'late']);
    fixture.handler.onUpgrade = () => Promise.resolve({ accept: false, status: 401, body: 'who?' });
    const refused = await ask(fixture);
    expect([refused.status, refused.body]).toEqual([401, 'who?']);
  });

  it('survives a client that disconnects while its upgrade is decided', async () => {
    const fixture = await bench.start();
    let decide: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      fixture.handler.onUpgrade = () => {
        resolve();
        return new Promise((settle) => (decide = () => settle({ accept: true })));
      };
    });
    const client = await RawWebSocket.connect(fixture.port);
    client.write(upgradeRequest(PATH));
    await asked;
    client.socket.resetAndDestroy();
    await client.ended;
    await new Promise((resolve) => setTimeout(resolve, 20));
    decide();
    fixture.handler.onUpgrade = () => ({ accept: true });
    await bench.raw(fixture);
    expect(fixture.handler.count('open')).toBe(1);
  });

  it.each(['throws', 'rejects'])('answers 500 when the handler %s', async (how) => {
    const fixture = await bench.start();
    fixture.handler.onUpgrade = () => {
      if (how === 'rejects') return Promise.reject(new Error('planted'));
      throw new Error('planted');
    };
    expect((await ask(fixture)).status).toBe(500);
    expect(fixture.log.events).toEqual(['transport.handler-failed']);
  });

  it.each(['WebSocket', 'h2c, websocket', 'websocket ,h2c', 'h2c\r\nUpgrade: websocket'])(
    'takes "Upgrade: %s", which names it among others',
    async (upgrade) => {
      const fixture = await bench.start();
      const client = await RawWebSocket.connect(fixture.port);
      client.write(upgradeRequest(PATH).replace('Upgrade: websocket', `Upgrade: ${upgrade}`));
      expect((await client.head()).status).toBe(101);
      client.destroy();
    },
  );

  it('names the subprotocol that the handler chose, and none otherwise', async () => {
    const fixture = await bench.start();
    fixture.handler.onUpgrade = () => ({ accept: true, subprotocol: 'v2' });
    const offered = { 'Sec-WebSocket-Protocol': 'v1, v2' };
    expect((await ask(fixture, offered)).headers.get('sec-websocket-protocol')).toBe('v2');
    fixture.handler.onUpgrade = () => ({ accept: true });
    expect((await ask(fixture, offered)).headers.has('sec-websocket-protocol')).toBe(false);
  });

  it('gives the handler path, query, headers and address as they came', async () => {
    const fixture = await bench.start();
    const seen = new Promise((resolve) => {
      fixture.handler.onUpgrade = ({ method, path, query, headers, remoteAddress }) => {
        resolve([method, path, query, headers.get('x-twice'), remoteAddress]);
        return { accept: true };
      };
    });
    const client = await RawWebSocket.connect(fixture.port);
    client.write(upgradeRequest(`${PATH}?a=%20b&c`).replace('\r\n\r\n', '\r\nX-Twice: 1\r\nx-twice: 2\r\n\r\n'));
    expect(await seen).toEqual(['GET', PATH, 'a=%20b&c', '1, 2', '127.0.0.1']);
    client.destroy();
  });

  it('accepts a cookie of 9 KiB in three segments', async () => {
    const fixture = await bench.start();
    const client = await RawWebSocket.connect(fixture.port);
    const request = upgradeRequest(PATH, { Cookie: `session=${'x'.repeat(9 * 1024)}` });
    for (const part of [request.slice(0, 4000), request.slice(4000, 8000), request.slice(8000)]) {
      client.write(part);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect((await client.answer()).status).toBe(101);
    const { request: seen } = await fixture.handler.next('open');
    expect(seen.headers.get('cookie')).toHaveLength(9 * 1024 + 'session='.length);
    client.destroy();
  });

  it('serves each path with its own limits, and reads no pattern into a path', async () => {
    const fixture = await bench.start({ endpoints: [{ path: '/:a', maxMessageBytes: 10 }, { path: '/b/*' }] });
    const statuses: number[] = [];
    for (const path of ['/:a', '/b/*', '/x', '/b/c', '/:a/']) {
      const client = await RawWebSocket.connect(fixture.port);
      client.write(upgradeRequest(path));
      statuses.push((await client.answer()).status);
      client.destroy();
    }
    expect(statuses).toEqual([101, 101, 404, 404, 404]);
  });

  it('compresses requested messages where both sides support it', async () => {
    const fixture = await bench.start({ endpoints: [{ compression: true }] });
    const { headers } = await ask(fixture, DEFLATE_OFFER);
    const extension = (headers.get('sec-websocket-extensions') ?? '').split(/;\s*/);
    expect(extension[0]).toBe('permessage-deflate');
    expect(extension.slice(1).toSorted()).toEqual(['client_no_context_takeover', 'server_no_context_takeover']);
    const client = await bench.client(fixture, { perMessageDeflate: true });
    const raw = await bench.raw(fixture, DEFLATE_OFFER);
    const heard = once(client, 'message');
    for (const { connection } of fixture.handler.calls) connection.socket.send(text('y'.repeat(512)));
    expect(String((await heard)[0])).toBe('y'.repeat(512));
    expect(await raw.frame()).toMatchObject({ compressed: true, opcode: OPCODE.text });
    client.send('z'.repeat(5000));
    const { messages } = await fixture.handler.next('message');
    expect(Buffer.from(messages[0]?.payload ?? []).toString()).toBe('z'.repeat(5000));
  });

  it('sends small messages uncompressed, and all of them where compression is off', async () => {
    const fixture = await bench.start({ endpoints: [{ compression: true }, { path: '/plain' }] });
    const on = await bench.raw(fixture, DEFLATE_OFFER);
    const off = await RawWebSocket.open(fixture.port, '/plain', DEFLATE_OFFER);
    for (const { connection } of fixture.handler.calls) {
      connection.socket.send(text('short'));
      connection.socket.send(text('y'.repeat(512)));
    }
    expect([(await on.frame()).compressed, (await on.frame()).compressed]).toEqual([false, true]);
    expect([(await off.frame()).compressed, (await off.frame()).compressed]).toEqual([false, false]);
    off.destroy();
  });
});
