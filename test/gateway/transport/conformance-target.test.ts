import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { MalformedRequest } from '../../../src/gateway/transport/http/client-errors.js';
import type { HttpExchange } from '../../../src/gateway/transport/http/http-exchange.js';
import { HttpListener } from '../../../src/gateway/transport/http/http-listener.js';
import { RawWebSocket, upgradeRequest } from '../../support/raw-websocket.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { TLS_A } from '../../support/tls-files.js';
import { onBothTransports, onTransport, PATH, type Bench } from './transport-fixture.js';

/** Answers with what it was asked for, and the body's length. */
async function tell(exchange: HttpExchange): Promise<void> {
  const { path, query, headers } = exchange.request;
  const body = await exchange.readBody(1000);
  exchange.answer({ status: 200, body: `${path} ${query} ${headers.get('host')} ${body?.length}` });
}

/** A request whose target holds these bytes as they are. */
function request(target: string | Buffer, rest = '\r\n', method = 'GET'): Buffer {
  return Buffer.concat([
    Buffer.from(`${method} `),
    Buffer.from(target),
    Buffer.from(` HTTP/1.1\r\nHost: x\r\n${rest}`),
  ]);
}

async function bodyOf(client: RawWebSocket, bytes: Buffer): Promise<string> {
  client.write(bytes);
  return (await client.answer()).body;
}

onBothTransports('request targets', (bench: Bench) => {
  it('accepts bytes above ASCII, repeatedly on one connection', async () => {
    const fixture = await bench.start({ http: tell });
    const client = await RawWebSocket.connect(fixture.port);
    expect(await bodyOf(client, request('/send?name=Zoë'))).toBe('/send name=Zo%C3%AB x 0');
    expect(await bodyOf(client, request('/plain?x=1'))).toBe('/plain x=1 x 0');
    expect(await bodyOf(client, request('/zoë?x=😀&y=ß', 'Content-Length: 4\r\n\r\nabcd', 'POST'))).toBe(
      '/zo%C3%AB x=%F0%9F%98%80&y=%C3%9F x 4',
    );
    expect(await bodyOf(client, request('/send?name=ü', 'Content-Length: 2\r\n\r\nab', 'POST'))).toBe(
      '/send name=%C3%BC x 2',
    );
    client.destroy();
  });

  it('reads a body that follows such a head in separate segments', async () => {
    const fixture = await bench.start({ http: tell });
    const client = await RawWebSocket.connect(fixture.port);
    client.write(request('/send?name=Zoë', 'Content-Length: 6\r\n\r\n', 'POST'));
    for (const part of ['ab', 'cd', 'ef']) {
      await turn();
      client.write(part);
    }
    expect((await client.answer()).body).toBe('/send name=Zo%C3%AB x 6');
    client.destroy();
  });

  it('upgrades with bytes above ASCII in the query', async () => {
    const fixture = await bench.start();
    const client = await RawWebSocket.open(fixture.port, `${PATH}?name=Zoë`);
    const { request: seen } = await fixture.handler.next('open');
    expect(seen.query).toBe('name=Zo%C3%AB');
    client.send(1, 'still read');
    const { messages } = await fixture.handler.next('message');
    expect(String(Buffer.from(messages[0]?.payload ?? []))).toBe('still read');
    client.destroy();
  });

  it('accepts them over TLS', async () => {
    const fixture = await bench.start({ http: tell, tls: TLS_A });
    const client = await RawWebSocket.connect(fixture.port, { tls: true });
    expect(await bodyOf(client, request('/send?name=Zoë'))).toBe('/send name=Zo%C3%AB x 0');
    client.destroy();
  });
});

onTransport('uws', 'request targets', (bench: Bench) => {
  it('replaces invalid UTF-8 by U+FFFD', async () => {
    const fixture = await bench.start({ http: tell });
    const client = await RawWebSocket.connect(fixture.port);
    expect(await bodyOf(client, request(Buffer.from('/send?name=Zo\xeb', 'latin1')))).toBe(
      '/send name=Zo%EF%BF%BD x 0',
    );
    client.destroy();
  });

  it('answers 505 to a target in absolute form', async () => {
    const fixture = await bench.start({ http: tell });
    const client = await RawWebSocket.connect(fixture.port);
    client.write(request('http://gateway.example/send?a=1'));
    expect((await client.head()).status).toBe(505);
    client.destroy();
  });
});

onTransport('ws', 'request targets', (bench: Bench) => {
  it('percent-encodes invalid UTF-8', async () => {
    const fixture = await bench.start({ http: tell });
    const client = await RawWebSocket.connect(fixture.port);
    expect(await bodyOf(client, request(Buffer.from('/send?name=Zo\xeb', 'latin1')))).toBe('/send name=Zo%EB x 0');
    client.destroy();
  });

  it.each([
    ['http://gateway.example:81/send?a=1', '/send a=1 gateway.example:81 0'],
    ['HTTPS://user:secret@gateway.example//send?a=http://b/', '//send a=http://b/ gateway.example 0'],
    ['http://gateway.example', '/  gateway.example 0'],
    ['http://gateway.example?a=/b', '/ a=/b gateway.example 0'],
    ['ws://[::1]:8080/status', '/status  [::1]:8080 0'],
    ['//send?a=1', '//send a=1 x 0'],
    ['/send?a=http://b/c', '/send a=http://b/c x 0'],
  ])('serves %s, and an absolute target names the host', async (target, told) => {
    const fixture = await bench.start({ http: tell });
    const client = await RawWebSocket.connect(fixture.port);
    expect(await bodyOf(client, request(target))).toBe(told);
    client.destroy();
  });

  it('upgrades in absolute form', async () => {
    const fixture = await bench.start();
    const client = await RawWebSocket.connect(fixture.port);
    client.write(upgradeRequest(`http://gateway.example${PATH}?a=1`));
    expect((await client.answer()).status).toBe(101);
    const { request: seen } = await fixture.handler.next('open');
    expect([seen.path, seen.query, seen.headers.get('host')]).toEqual([PATH, 'a=1', 'gateway.example']);
    client.destroy();
  });

  it.each([
    ['a control character in the target', 'GET /a\x01 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a control character behind a byte above ASCII', 'GET /a?\xc3\xab\x01 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost x\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['no HTTP at all', '\x16\x03\x01\x02\x00', 400],
    ['a head that is too large', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ])('refuses %s and tells who sent it', async (_what, bytes, status) => {
    const told: MalformedRequest[] = [];
    const fixture = await bench.start({ http: tell, onMalformed: (malformed) => told.push(malformed) });
    const client = await RawWebSocket.connect(fixture.port);
    client.write(Buffer.from(bytes, 'latin1'));
    const head = await client.head();
    expect([head.status, head.headers.get('content-length')]).toEqual([status, '0']);
    expect(told).toEqual([{ peer: '127.0.0.1', status, reason: expect.stringMatching(/^[A-Za-z][\w '/-]+$/) }]);
    client.destroy();
  });

  it('does not report clients that connect and disconnect, or disconnect within a request', async () => {
    const told: MalformedRequest[] = [];
    const fixture = await bench.start({ http: tell, onMalformed: (malformed) => told.push(malformed) });
    for (const bytes of ['', 'GET / HT', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab']) {
      const client = await RawWebSocket.connect(fixture.port);
      client.write(bytes);
      client.socket.end();
      await client.ended;
    }
    expect(told).toEqual([]);
  });
});

const TWO_LENGTHS = 'Content-Length: 2\r\nContent-Length: 0\r\n\r\n';
const CHUNKS = '2\r\nhi\r\n0\r\n\r\n';

onBothTransports('requests with an ambiguous end', (bench: Bench) => {
  it.each([
    ['two lengths', `${TWO_LENGTHS}hi`],
    ['two lengths in one line', 'Content-Length: 2, 0\r\n\r\nhi'],
    ['a length and chunks', `Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`],
    ['a coding that is not known', `Transfer-Encoding: xchunked\r\n\r\n${CHUNKS}`],
    ['another coding over chunks', `Transfer-Encoding: chunked, gzip\r\n\r\n${CHUNKS}`],
    ['chunks twice', `Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`],
  ])('with %s reach no handler, nor does what stands behind them', async (_what, rest) => {
    const seen: string[] = [];
    const fixture = await bench.start({
      http: (exchange) => {
        seen.push(exchange.request.path);
        exchange.answer({ status: 200 });
      },
    });
    const client = await RawWebSocket.connect(fixture.port);
    client.write(`POST /send HTTP/1.1\r\nHost: x\r\n${rest}GET /behind HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.ended;
    expect(seen).toEqual([]);
  });
});

it('the separate internal listener serves both forms, and reports what it refuses', async () => {
  const told: MalformedRequest[] = [];
  const listener = new HttpListener({
    listen: { host: '127.0.0.1', port: 0 },
    http: tell,
    log: new RecordingLogger(),
    onMalformed: (malformed) => told.push(malformed),
  });
  const { port } = await listener.listen();
  const client = await RawWebSocket.connect(port);
  expect(await bodyOf(client, request('http://h/send?name=Zoë'))).toBe('/send name=Zo%C3%AB h 0');
  client.write('nonsense\r\n\r\n');
  expect((await client.head()).status).toBe(400);
  expect(told.map(({ status }) => status)).toEqual([400]);
  client.destroy();
  await listener.stop();
});
