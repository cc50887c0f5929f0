import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runScript } from '../../../../support/script-run.js';

let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    if (request.url?.startsWith('/old') === true) response.writeHead(302, { Location: '/new' }).end();
    else response.end('an answer');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : '';
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('logs the heads of requests and responses with httpDebug, as k6 1.3.0 does, and bodies with full', async () => {
  const source = `import http from 'k6/http'; export default function () { http.post('${url}/old?a=1', 'a question', { headers: { 'X-Own': 'yes' } }); }`;
  const [heads, full] = await Promise.all(
    ['headers', 'full'].map((httpDebug) => runScript(source, { flags: { httpDebug } })),
  );
  expect(heads?.lines.map((line) => line.split('\n').slice(0, 2).join(' '))).toEqual([
    'Request: POST /old?a=1 HTTP/1.1',
    'Response: HTTP/1.1 302 Found',
    'Request: GET /new HTTP/1.1',
    'Response: HTTP/1.1 200 OK',
  ]);
  expect(heads?.lines[0]).toMatch(/\nHost: 127\.0\.0\.1:\d+\n[^]*X-Own: yes\n[^]*\n\n\n$/);
  expect(heads?.logs[0]).toMatchObject({
    level: 'info',
    source: 'http-debug',
    fields: { vu: 1, iter: 0, group: '', scenario: 'default', request_id: expect.stringMatching(/^[\da-f-]{36}$/) },
  });
  expect(full?.lines[0]).toMatch(/\n\na question\n$/);
  expect(full?.lines[3]).toMatch(/\n\nan answer\n$/);
});

it('limits the requests of all users to rps, without redirects, and interrupts a waiting one', async () => {
  const source = `import http from 'k6/http'; export default function () { for (;;) http.get('${url}/old'); }`;
  const flags = { vus: '5', duration: '1s', gracefulStop: '0s', rps: '2' };
  const { totals } = await runScript(source, { flags });
  const requests = totals.counters['http_reqs'] ?? 0;
  expect(requests).toBeGreaterThanOrEqual(2);
  // Without the limit there are several hundred.
  expect(requests).toBeLessThan(30);
});
