import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runScript, type ScriptRun } from '../../../../support/script-run.js';

let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const path = new URL(request.url ?? '/', 'http://host').pathname;
      if (path === '/login') response.setHeader('Set-Cookie', ['session=s1; Path=/', 'theme=dark; HttpOnly']);
      if (path === '/old') response.writeHead(302, { Location: '/echo' }).end();
      if (path === '/old') return;
      if (path === '/missing') response.statusCode = 404;
      if (path === '/slow') return;
      const { method, headers } = request;
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ method, path, body, headers, list: [{ id: 7 }, { id: 8 }] }));
    });
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

function run(body: string, setup = ''): Promise<ScriptRun> {
  return runScript(`
    import http from 'k6/http';
    import { check } from 'k6';
    ${setup}
    export default function () { const url = '${url}'; ${body} }
  `);
}

it('the methods send their bodies, and a response parses its JSON', async () => {
  const { lines, totals } = await run(`
    const text = http.post(url + '/echo', 'hello').json();
    const form = http.put(url + '/echo', { b: 'x y*~é/', a: [1, 2], n: null }).json();
    const none = http.del(url + '/echo');
    console.log(text.method + ' ' + text.body);
    console.log(form.method + ' ' + form.body + ' ' + form.headers['content-type']);
    console.log(none.status + ' ' + none.json('method') + ' ' + none.json('list.1.id') + ' ' + none.json('list.#.id'));
    console.log(http.head(url + '/echo').body === '' ? 'empty' : 'full');
  `);
  expect(lines).toEqual([
    'POST hello',
    'PUT a=1&a=2&b=x+y%2A~%C3%A9%2F&n=%3Cnil%3E application/x-www-form-urlencoded',
    '200 DELETE 8 7,8',
    'empty',
  ]);
  expect(totals.counters['http_reqs']).toBe(4);
  expect(totals.rates['http_req_failed']).toEqual({ passes: 0, fails: 4 });
  expect(totals.trends['http_req_duration']?.count).toBe(4);
});

it('cookies are kept during the iteration and listed by name', async () => {
  const { lines } = await run(`
    const login = http.get(url + '/login');
    console.log(login.cookies.session[0].value + ' ' + login.cookies.theme[0].http_only);
    console.log(http.get(url + '/echo').json('headers.cookie'));
    console.log(JSON.stringify(http.cookieJar().cookiesForURL(url)));
    http.cookieJar().clear(url);
    console.log(http.get(url + '/echo', { cookies: { own: 'yes' } }).json('headers.cookie'));
  `);
  expect(lines).toEqual(['s1 true', 'session=s1; theme=dark', '{"session":["s1"],"theme":["dark"]}', 'own=yes']);
});

it('redirects are followed, each as a separate request, unless the script disables them', async () => {
  const { lines, totals } = await run(`
    const followed = http.get(url + '/old');
    const stopped = http.get(url + '/old', { redirects: 0 });
    console.log(followed.status + ' ' + followed.json('path') + ' ' + stopped.status + ' ' + stopped.headers.Location);
  `);
  expect(lines).toEqual(['200 /echo 302 /echo']);
  expect(totals.counters['http_reqs']).toBe(3);
});

it('an unexpected status is a failed request', async () => {
  const { lines, totals } = await run(`
    const missing = http.get(url + '/missing');
    console.log(missing.status + ' ' + missing.error_code);
    http.setResponseCallback(http.expectedStatuses(404, { min: 500, max: 599 }));
    http.get(url + '/missing');
    http.get(url + '/echo', { responseCallback: null });
  `);
  expect(lines).toEqual(['404 1404']);
  expect(totals.rates['http_req_failed']).toEqual({ passes: 1, fails: 1 });
});

it('a request without a response has an error code, or throws', async () => {
  const { lines, totals, logs } = await run(`
    const refused = http.get('http://127.0.0.1:1/');
    console.log(refused.status + ' ' + refused.error_code + ' ' + refused.error);
    const late = http.get(url + '/slow', { timeout: '50ms' });
    console.log(late.error_code + ' ' + late.error);
    try { http.get('http://127.0.0.1:1/', { throw: true }); } catch (error) { console.log('thrown ' + error.message); }
  `);
  expect(lines).toEqual([
    'Request Failed',
    '0 1212 dial: connection refused',
    'Request Failed',
    '1050 request timeout',
    'thrown Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
  ]);
  expect(logs.flatMap(({ error }) => error ?? [])).toEqual([
    'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
    `Get "${url}/slow": request timeout`,
  ]);
  expect(totals.rates['http_req_failed']).toEqual({ passes: 3, fails: 0 });
});

it('a batch returns its responses in the form of its requests', async () => {
  const { lines, totals } = await run(`
    const list = http.batch([['GET', url + '/one'], url + '/two', { method: 'POST', url: url + '/three', body: 'x' }]);
    const named = http.batch({ front: url + '/front' });
    console.log(list.map((response) => response.json('method') + response.json('path')).join(' '));
    console.log(named.front.json('path'));
  `);
  expect(lines).toEqual(['GET/one GET/two POST/three', '/front']);
  expect(totals.counters['http_reqs']).toBe(4);
});

it('asyncRequest is a promise that keeps the iteration alive', async () => {
  const { lines, totals } = await runScript(`
    import http from 'k6/http';
    export default async function () {
      const answers = await Promise.all([http.asyncRequest('GET', '${url}/a'), http.asyncRequest('POST', '${url}/b', 'x')]);
      console.log(answers.map((answer) => answer.json('path')).join(' '));
      http.asyncRequest('GET', '${url}/c').then((answer) => console.log(answer.json('path')));
    }
  `);
  expect(lines).toEqual(['/a /b', '/c']);
  expect(totals.counters).toMatchObject({ http_reqs: 3, iterations: 1 });
});

it('responseType determines the body', async () => {
  const { lines } = await run(`
    const binary = http.get(url + '/echo', { responseType: 'binary' }).body;
    console.log(binary instanceof ArrayBuffer, http.get(url + '/echo', { responseType: 'none' }).body);
  `);
  expect(lines).toEqual(['true null']);
});

it('a file makes the body multipart', async () => {
  const { lines } = await run(`
    const sent = http.post(url + '/echo', { note: 'n', upload: http.file('content', 'a.txt', 'text/plain') });
    const { body, headers } = sent.json();
    console.log(headers['content-type'].split(';')[0] + ' ' + body.includes('filename="a.txt"') + ' ' + body.includes('content'));
  `);
  expect(lines).toEqual(['multipart/form-data true true']);
});

it('requests are refused in the init context', async () => {
  await expect(run('', `http.get('${url}');`)).rejects.toThrow('init context');
});
