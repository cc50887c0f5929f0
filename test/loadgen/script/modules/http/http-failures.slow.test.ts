import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runScript, type ScriptRun } from '../../../../support/script-run.js';

/** How long the server waits before it closes the connection. */
const CLOSES_AFTER_MS = 150;

let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/stall') return;
    if (path !== '/reset') {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('abc');
    }
    if (path !== '/half') setTimeout(() => request.socket.destroy(), CLOSES_AFTER_MS);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address: AddressInfo | string | null = server.address();
  url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs a script that logs a JSON text for each of these requests: its failure and its body. */
function ask(requests: readonly (readonly [url: unknown, params?: object])[]): Promise<ScriptRun> {
  return runScript(`
    import http from 'k6/http';
    export default function () {
      for (const [url, params] of ${JSON.stringify(requests)}) {
        const { status, error, error_code, body, timings, url: shown } = http.get(url, params);
        console.log(JSON.stringify({ status, error, error_code, body, timings, shown }));
      }
    }
  `);
}

interface Shown {
  readonly status: number;
  readonly error: string;
  readonly error_code: number;
  readonly body: string | null;
  readonly shown: string;
  readonly timings: Readonly<Record<string, number>>;
}

function expectTimesOf(shown: Shown | undefined): void {
  const [duration = 0, sending = 0, waiting = 0, receiving = 0, blocked = 0, connecting = 0] = [
    'duration',
    'sending',
    'waiting',
    'receiving',
    'blocked',
    'connecting',
  ].map((name) => shown?.timings[name]);
  // On a busy machine, most of a timeout may pass before the connection is established.
  expect(blocked + duration).toBeGreaterThan(100);
  expect(sending + waiting + receiving).toBeCloseTo(duration, 3);
  expect(blocked).toBeGreaterThanOrEqual(connecting);
}

function shownIn({ lines }: ScriptRun): Shown[] {
  return lines.flatMap((line): Shown[] => (line.startsWith('{') ? [JSON.parse(line)] : []));
}

// Recorded from k6 1.3.0.
it.each([
  ['/stall', '200ms', { error: 'request timeout', error_code: 1050, body: null }],
  ['/reset', '60s', { error: 'EOF', error_code: 1000, body: null }],
  ['/half', '200ms', { error: 'request timeout', error_code: 1050, body: 'abc' }],
  ['/half-cut', '60s', { error: 'unexpected EOF', error_code: 1000, body: 'abc' }],
])('a request that breaks off counts the time it took: %s', async (path, timeout, failure) => {
  const run = await ask([[`${url}${path}`, { timeout }]]);
  const [shown] = shownIn(run);
  expect(shown).toMatchObject({ status: 0, ...failure });
  expectTimesOf(shown);
  expect(run.totals.trends['http_req_duration']?.count).toBe(1);
  expect(run.totals.trends['http_req_duration']?.max).toBeCloseTo(shown?.timings['duration'] ?? 0, 3);
  const where = failure.body === null ? `Get "${url}${path}": ` : '';
  expect(run.logs.flatMap((line) => line.error ?? [])).toEqual([`${where}${failure.error}`]);
});

it('the timer of a timeout ends with a request that broke off', async () => {
  const started = performance.now();
  await ask([[`${url}/half-cut`, { timeout: '60s' }]]);
  expect(performance.now() - started).toBeLessThan(50_000);
});

it('a refused connection has no request durations', async () => {
  const [shown] = shownIn(await ask([['http://127.0.0.1:1/']]));
  expect(shown).toMatchObject({ error: 'dial: connection refused', error_code: 1212 });
  expect(shown?.timings).toMatchObject({ duration: 0, blocked: 0, connecting: 0 });
});

it.each([
  ['http://a b/', `invalid URL: parse "http://a b/": invalid character " " in host name`],
  ['http://[::1', `invalid URL: parse "http://[::1": missing ']' in host`],
  ['http://h:p/', `invalid URL: parse "http://h:p/": invalid port ":p" after host`],
  ['http://h/%zz', `invalid URL: parse "http://h/%zz": invalid URL escape "%zz"`],
  [':80/x', `invalid URL: parse ":80/x": missing protocol scheme`],
  ['127.0.0.1:80/x', `invalid URL: parse "127.0.0.1:80/x": first path segment in URL cannot contain colon`],
  ['http://h/\n', `invalid URL: parse "http://h/\\n": net/url: invalid control character in URL`],
  [null, `invalid URL: '#<nil>'`],
  [5, `invalid URL: '#5'`],
])('a text that is not a URL fails without being counted: %j', async (given, error) => {
  const { totals, ...run } = await ask([[given]]);
  expect(shownIn({ totals, ...run })).toMatchObject([{ status: 0, error, error_code: 1020, shown: '' }]);
  expect(totals.counters['http_reqs'] ?? 0).toBe(0);
});

it.each([
  ['http://', 'http: no Host in request URL', 1000, 'http:'],
  ['bad url', 'unsupported protocol scheme ""', 1000, 'bad%20url'],
  ['ftp://x', 'unsupported protocol scheme "ftp"', 1000, 'ftp://x'],
  ['', 'unsupported protocol scheme ""', 1000, ''],
  ['http://127.0.0.1:99999/', 'dial tcp: address 99999: invalid port', 1210, 'http://127.0.0.1:99999/'],
])('a URL that leads nowhere is a failed request: %j', async (given, error, code, name) => {
  const run = await ask([[given]]);
  expect(shownIn(run)).toMatchObject([{ status: 0, error, error_code: code, shown: given }]);
  expect(run.totals.counters['http_reqs']).toBe(1);
  expect(run.totals.rates['http_req_failed']).toEqual({ passes: 1, fails: 0 });
  expect(run.logs.flatMap((line) => line.error ?? [])).toEqual([`Get "${name}": ${error}`]);
});

it('an invalid URL throws if the script asks for it, and fails its part of a batch', async () => {
  const { lines } = await runScript(`
    import http from 'k6/http';
    export default function () {
      try { http.get('ftp://x', { throw: true }); } catch (error) { console.log('thrown ' + error.message); }
      const [bad, refused] = http.batch(['http://a b/', 'http://127.0.0.1:1/']);
      console.log(bad.error_code + ' ' + refused.error_code);
    }
  `);
  expect(lines).toContain('thrown Get "ftp://x": unsupported protocol scheme "ftp"');
  expect(lines.at(-1)).toBe('1020 1212');
});

it('the name of a request is also its tag `url`, and no tag shows a password', async () => {
  const source = `
    import http from 'k6/http';
    export default function () {
      http.get('${url}/reset?id=1', { tags: { name: 'reset' } });
      http.get('http://user:secret@127.0.0.1:1/x');
    }
    export const options = { thresholds: {
      'http_reqs{url:reset}': ['count==1'],
      'http_reqs{url:http://****:****@127.0.0.1:1/x}': ['count==1'],
    } };
  `;
  const { totals } = await runScript(source);
  expect(totals.counters['http_reqs{url:reset}']).toBe(1);
  expect(totals.counters['http_reqs{url:http://****:****@127.0.0.1:1/x}']).toBe(1);
});
