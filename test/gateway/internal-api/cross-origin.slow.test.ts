import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConfigInput } from '../../../src/gateway/config-file/config-schema.js';
import { openPage } from '../../support/chromium.js';
import { RawWebSocket } from '../../support/raw-websocket.js';
import { RunningGateway } from '../../support/running-gateway.js';

const BROWSER_TIMEOUT_MS = 60_000;
const KEY = 'a-key-of-the-console';

/** The origin of an empty page on a port of its own. */
async function startPages(): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>console</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

/**
 * Runs in the page: the status and body of an answer, or that the browser kept it from the page.
 */
const ASK = `async ([url, init]) => {
  try {
    const response = await fetch(url, init);
    return [response.status, await response.text()];
  } catch {
    return 'kept from the page';
  }
}`;

/** Runs in the page: the data of the first message event of a stream, or that there is none. */
const READ_STREAM = `([url, withCredentials]) => new Promise((resolve) => {
  const source = new EventSource(url, { withCredentials });
  source.addEventListener('message', ({ data }) => { source.close(); resolve(JSON.parse(data).message); });
  source.addEventListener('error', () => { source.close(); resolve('kept from the page'); });
})`;

async function options(gateway: RunningGateway, path: string, headers: Readonly<Record<string, string>>) {
  const client = await RawWebSocket.connect(gateway.port);
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  client.write(`OPTIONS ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  const answer = await client.answer();
  client.destroy();
  return answer;
}

interface Console {
  readonly gateway: RunningGateway;
  readonly ask: (path: string, init?: Record<string, unknown>) => Promise<unknown>;
  readonly readStream: (withCredentials?: boolean) => Promise<unknown>;
}

async function openConsole(isListed: boolean, input: Partial<ConfigInput>): Promise<Console> {
  const origin = await startPages();
  const internal_allowed_origins = isListed ? [origin] : ['https://other.example'];
  const gateway = await RunningGateway.start({ internal_allowed_origins, ...input });
  const page = await openPage();
  await page.goto(origin);
  const run = (code: string, argument: unknown): Promise<unknown> =>
    page.evaluate(`(${code})(${JSON.stringify(argument)})`);
  return {
    gateway,
    ask: (path, init = {}) => run(ASK, [gateway.url(path), init]),
    readStream: (withCredentials = false) => run(READ_STREAM, [gateway.url('/events?since=0'), withCredentials]),
  };
}

describe.each([
  ['uws', ''],
  ['ws', ''],
  ['ws', '127.0.0.1:0'],
] as const)('a page in Chromium, on %s with internal_listen_addr %j', (transport, internal_listen_addr) => {
  it(
    'of a listed origin uses the internal API, with preflight, and reads events',
    { timeout: BROWSER_TIMEOUT_MS },
    async () => {
      const { gateway, ask, readStream } = await openConsole(true, { transport, internal_listen_addr });
      const client = await gateway.connect();
      client.send(1, 'hello');
      expect(await readStream()).toBe('hello');
      expect(await readStream(true)).toBe('hello');
      expect(await ask('/send?foo=bar', { method: 'POST', body: 'x' })).toEqual([200, '1']);
      const binary = { 'Content-Type': 'application/octet-stream', 'X-Conflate-Key': 'a' };
      expect(await ask('/send?foo=bar', { method: 'POST', body: 'x', headers: binary })).toEqual([200, '1']);
      expect(await ask('/status?format=json', { headers: { 'X-Any': '1' } })).toEqual([
        200,
        expect.stringContaining(''),
      ]);
      expect(await ask('/nowhere')).toEqual([404, '404 page not found\n']);
      expect(await ask('/send', { method: 'POST', body: 'x' })).toEqual([400, expect.stringContaining('selector')]);
      expect(await ask('/healthz', { headers: { 'X-Any': '1' } })).toEqual([200, expect.stringContaining('')]);
      client.destroy();
    },
  );

  it('needs the key like any caller, and can read the 401', { timeout: BROWSER_TIMEOUT_MS }, async () => {
    const { ask } = await openConsole(true, { transport, internal_listen_addr, internal_api_keys: [KEY] });
    expect(await ask('/status')).toEqual([401, '']);
    expect(await ask('/status', { headers: { Authorization: `Bearer ${KEY}` } })).toEqual([200, '']);
    expect(await ask('/send?all=true', { method: 'POST', body: '', headers: { 'X-Api-Key': KEY } })).toEqual([
      200,
      '0',
    ]);
    const wrong = { Authorization: 'Bearer not-the-key-of-this' };
    expect(await ask('/status', { headers: wrong })).toEqual([401, '']);
  });

  it('of another origin can do and read nothing', { timeout: BROWSER_TIMEOUT_MS }, async () => {
    const { gateway, ask, readStream } = await openConsole(false, { transport, internal_listen_addr });
    const client = await gateway.connect();
    client.send(1, 'secret');
    expect(await readStream()).toBe('kept from the page');
    expect(await ask('/status')).toBe('kept from the page');
    expect(await ask('/settags?foo=bar', { method: 'POST', body: 'user=eve', mode: 'no-cors' })).toEqual([0, '']);
    expect(await gateway.get('/status')).not.toContain('eve');
    client.destroy();
  });
});

describe.each(['uws', 'ws'] as const)('preflights on %s', (transport) => {
  const asking = { Origin: 'https://ops.example', 'Access-Control-Request-Method': 'POST' };
  const start = (input: Partial<ConfigInput> = {}) =>
    RunningGateway.start({ transport, internal_allowed_origins: ['https://ops.example'], ...input });

  it('name the origin, the method of the route and the requested headers', async () => {
    const gateway = await start({ internal_api_keys: [KEY] });
    const answer = await options(gateway, '/send?all=true', {
      ...asking,
      'Access-Control-Request-Headers': 'authorization,content-type',
      'Access-Control-Request-Private-Network': 'true',
    });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': 'https://ops.example',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-allow-private-network': 'true',
      vary: 'Origin',
    });
  });

  it('of other origins, peers and names get 403 and no header', async () => {
    const gateway = await start();
    const refused = [
      await options(gateway, '/send', { ...asking, Origin: 'https://evil.example' }),
      await options(gateway, '/send', { ...asking, Host: 'rebound.example' }),
      await options(await start({ internal_endpoint_access_whitelist: ['10.0.0.0/8'] }), '/send', asking),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(refused.map(({ headers }) => headers.get('access-control-allow-methods'))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(refused[0]?.headers.has('access-control-allow-origin')).toBe(false);
  });
});
