import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.js';
import { HttpListener } from '../../../src/gateway/transport/http/http-listener.js';
import { RawWebSocket, upgradeRequest } from '../../support/raw-websocket.js';
import { onBothTransports, onTransport, PATH } from './transport-fixture.js';

const MOST_HEADERS = 1000;
/** Those that a request here has besides. */
const USUAL_HEADERS = 1;
const UPGRADE_HEADERS = 5;

/** The bytes of a request with these lines, one character a byte. */
function latin1(...lines: readonly string[]): Buffer {
  return Buffer.from(['GET /x HTTP/1.1', 'Host: x', ...lines, '', ''].join('\r\n'), 'latin1');
}

/** This number of lines, of which the last names a proxy's client. */
function lines(count: number): string[] {
  return [...Array.from({ length: count - 1 }, (_, index) => `A${index}: 1`), 'X-Forwarded-For: 203.0.113.7'];
}

async function statusOf(port: number, request: string | Uint8Array): Promise<number> {
  const client = await RawWebSocket.connect(port);
  client.write(request);
  const { status } = await client.head();
  client.destroy();
  return status;
}

function upgradeWith(count: number): string {
  return upgradeRequest(PATH).replace(/\r\n\r\n$/, `\r\n${lines(count - UPGRADE_HEADERS).join('\r\n')}\r\n\r\n`);
}

onBothTransports('header bytes', (bench) => {
  /** The headers that the handler sees of an upgrade with these lines, one character a byte. */
  async function seenOf(...given: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const fixture = await bench.start();
    const upgrade = upgradeRequest(PATH).replace(/\r\n\r\n$/, `\r\n${given.join('\r\n')}\r\n\r\n`);
    const client = await RawWebSocket.connect(fixture.port);
    client.write(Buffer.from(upgrade, 'latin1'));
    const { request } = await fixture.handler.next('open');
    client.destroy();
    return request.headers;
  }

  it('are decoded as UTF-8 where valid, else as latin-1', async () => {
    const utf8 = Buffer.from('a=grüße €!').toString('latin1');
    const seen = await seenOf(`Cookie: ${utf8}`, 'X-Old: gr\u00fc\u00dfe!', `X-Mixed: ${utf8} \u00fc!`);
    expect(seen.get('cookie')).toBe('a=grüße €!');
    expect(seen.get('x-old')).toBe('grüße!');
    expect(seen.get('x-mixed')).toBe(`${utf8} \u00fc!`);
  });

  it('of two Cookie lines form one cookie string, of others a list', async () => {
    const given = ['Cookie: a=1', 'X-List: 1', 'cookie: b=2; c=3', 'X-LIST: 2'];
    const seen = await seenOf(...given);
    expect([seen.get('cookie'), seen.get('x-list')]).toEqual(['a=1; b=2; c=3', '1, 2']);
  });

  it('that are not ASCII are lost by uWebSockets.js at both ends of a value', async () => {
    const umlaut = Buffer.from('ü').toString('latin1');
    const seen = await seenOf(`X-Name: ${umlaut}a${umlaut}b${umlaut}`);
    expect(seen.get('x-name')).toBe(bench.name === 'uws' ? 'aüb' : 'üaübü');
  });

  it("of a name with an underscore are accepted, except that uWebSockets.js' build for Node 20 cuts the connection", async () => {
    const isCut = bench.name === 'uws' && process.versions.modules === '115';
    const fixture = await bench.start();
    const client = await RawWebSocket.connect(fixture.port);
    client.write(upgradeRequest(PATH, { x_id: '1' }));
    const answer = await client.answer().catch(() => undefined);
    expect(answer?.status).toBe(isCut ? undefined : 101);
    client.destroy();
  });
});

onTransport('ws', 'more header lines than are read', (bench) => {
  it('get 431 and reach no handler, requests and upgrades alike', async () => {
    const paths: string[] = [];
    const fixture = await bench.start({
      http: (exchange) => {
        paths.push(exchange.request.headers.get('x-forwarded-for') ?? 'none');
        exchange.answer({ status: 200 });
      },
      maxHeadBytes: 256 * 1024,
    });
    expect(await statusOf(fixture.port, latin1(...lines(MOST_HEADERS - USUAL_HEADERS)))).toBe(200);
    expect(paths).toEqual(['203.0.113.7']);
    for (const count of [MOST_HEADERS, 1022, 2000, 5000]) {
      expect(await statusOf(fixture.port, latin1(...lines(count)))).toBe(431);
      expect(await statusOf(fixture.port, upgradeWith(count + 1))).toBe(431);
    }
    expect(await statusOf(fixture.port, upgradeWith(MOST_HEADERS))).toBe(101);
    expect(paths).toEqual(['203.0.113.7']);
  });

  it.each([
    ['by count', latin1('Content-Length: 2', ...lines(1022))],
    ['by count twice over', latin1('Content-Length: 2', ...lines(2000))],
    ['by bytes', latin1('Content-Length: 2', `A: ${'x'.repeat(40_000)}`)],
    ['by a malformed one', latin1('Content-Length: 2', 'A')],
  ])('%s get an answer before the connection ends, and who still writes finds it not reset', async (_how, request) => {
    const fixture = await bench.start({ http: (exchange) => exchange.answer({ status: 200 }) });
    const client = connect({ port: fixture.port, host: '127.0.0.1', allowHalfOpen: true });
    const errors: Error[] = [];
    client.on('error', (error) => errors.push(error));
    client.write(request);
    const [answer] = await once(client, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 4(31|00) .*Content-Length: 0\r\n/s);
    client.write('hi');
    for (let more = 0; more < 5; more += 1) await turn();
    client.end('GET');
    await once(client, 'close');
    expect(errors).toEqual([]);
  });

  it('get 431 on a listener by itself', async () => {
    const listener = new HttpListener({
      listen: { host: '127.0.0.1', port: 0 },
      http: (exchange) => exchange.answer({ status: 200 }),
      log: silentLogger,
    });
    const { port } = await listener.listen();
    const statuses = await Promise.all([998, 999, 1000, 1022].map((count) => statusOf(port, latin1(...lines(count)))));
    await listener.stop();
    expect(statuses).toEqual([200, 200, 431, 431]);
  });
});
