import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, ByteServer } from '../../../../support/byte-server.js';
import { runScript } from '../../../../support/script-run.js';

const ok = (...headers: string[]): string =>
  `HTTP/1.1 200 OK\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`;
const ends =
  (text: string): Answer =>
  (socket) =>
    void socket.end(text, 'latin1');

/** The result of each of these responses in k6 1.3.0: status, error, code, body, header names. */
const ANSWERS: Readonly<Record<string, readonly [text: string, shown: readonly unknown[]]>> = {
  '/switching': ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n', ['thrown']],
  '/hints': [`HTTP/1.1 103 Early Hints\r\n\r\n${ok('Content-Length: 4')}text`, [200, '', 0, 'text', 'Content-Length']],
  '/too-short': [`${ok('Content-Length: 3')}longer`, [200, '', 0, 'lon', 'Content-Length']],
  '/no-content': ['HTTP/1.1 204 No Content\r\n\r\ntext', [204, '', 0, null, '']],
  '/connection': [`${ok('Connection: close', 'Trailer: X')}text`, [200, '', 0, 'text', '']],
  '/chunks': [`${ok('Transfer-Encoding: chunked')}4\r\ntext\r\n0\r\n\r\n`, [200, '', 0, 'text', '']],
  '/long-header': [
    `${ok(`X-Long: ${'l'.repeat(200_000)}`, 'Content-Length: 0')}`,
    [200, '', 0, '', 'Content-Length,X-Long'],
  ],
  '/bare-newlines': ['HTTP/1.1 200 OK\nContent-Length: 4\n\ntext', [200, '', 0, 'text', 'Content-Length']],
  '/status-999': ['HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n', [999, '', 1999, '', 'Content-Length']],
  '/no-http': ['hello\r\n', [0, 'malformed HTTP response "hello"', 1000, null, '']],
  '/status': ['HTTP/1.1 20 OK\r\n\r\n', [0, 'malformed HTTP status code "20"', 1000, null, '']],
  '/header': [ok('Nonsense'), [0, 'malformed MIME header: missing colon: "Nonsense"', 1000, null, '']],
  '/length': [ok('Content-Length: ten'), [0, 'bad Content-Length "ten"', 1000, null, '']],
  '/lengths': [
    ok('Content-Length: 4', 'Content-Length: 5'),
    [0, 'http: message cannot contain multiple Content-Length headers; got ["4" "5"]', 1000, null, ''],
  ],
  '/deflate': [
    `${ok('Content-Encoding: deflate', 'Content-Length: 7')}garbage`,
    [0, 'error decompressing response body (zlib: invalid header)', 1701, null, ''],
  ],
  '/location': [
    'HTTP/1.1 302 Found\r\nLocation: http://[bad\r\nContent-Length: 0\r\n\r\n',
    [0, `failed to parse Location header "http://[bad": parse "http://[bad": missing ']' in host`, 1000, null, ''],
  ],
  '/scheme': [
    'HTTP/1.1 302 Found\r\nLocation: ftp://x/\r\nContent-Length: 0\r\n\r\n',
    [0, 'unsupported protocol scheme "ftp"', 1000, null, ''],
  ],
};

let asked: string[] = [];
const server = new ByteServer({
  ...Object.fromEntries(Object.entries(ANSWERS).map(([path, [text]]) => [path, ends(text)])),
  '/once': (socket) => {
    asked.push('/once');
    socket.write(`${ok('Content-Length: 4')}text`);
    // The next request finds the connection closed.
    socket.once('data', () => socket.destroy());
  },
});

beforeAll(() => server.start());
afterAll(() => server.stop());

it('invalid responses are read, or refused in the words of Go, and end the request', async () => {
  const paths = JSON.stringify(Object.keys(ANSWERS));
  const { lines, totals } = await runScript(`
    import http from 'k6/http';
    export default function () {
      for (const path of ${paths}) {
        try {
          const { status, error, error_code, body, headers } = http.get('http://${server.host}' + path);
          const names = Object.keys(headers).sort().join();
          console.log(JSON.stringify([path, [status, error, error_code, body, names]]));
        } catch (thrown) {
          console.log(JSON.stringify([path, ['thrown']]), thrown.message);
        }
      }
    }
  `);
  const shown = lines.flatMap((line): [string, unknown][] =>
    line.startsWith('[') ? [JSON.parse(line.split(' unsupported')[0] ?? '')] : [],
  );
  expect(Object.fromEntries(shown)).toEqual(
    Object.fromEntries(Object.entries(ANSWERS).map(([path, [, expected]]) => [path, expected])),
  );
  expect(lines).toContain('["/switching",["thrown"]] unsupported response status: 101 Switching Protocols');
  expect(totals.counters['iterations']).toBe(1);
});

it('an idempotent request is repeated when a reused connection turns out to be closed', async () => {
  asked = [];
  const { lines } = await runScript(`
    import http from 'k6/http';
    export default function () {
      const url = 'http://${server.host}/once';
      console.log([http.get(url).status, http.get(url).status, http.post(url, 'x').error].join());
    }
  `);
  expect(lines.at(-1)).toBe('200,200,EOF');
  expect(asked).toHaveLength(2);
});

it('json with a path is undefined for invalid JSON, and throws without a body', async () => {
  const { lines } = await runScript(`
    import http from 'k6/http';
    export default function () {
      const answer = http.get('http://${server.host}/chunks');
      console.log(String(answer.json('a.b')));
      try { answer.json(); } catch (thrown) { console.log('thrown'); }
      try { http.get('http://${server.host}/no-content').json('a'); } catch (thrown) { console.log(thrown.message); }
    }
  `);
  expect(lines.slice(0, 2)).toEqual(['undefined', 'thrown']);
  expect(lines[2]).toMatch(/^the body is null so we can't transform it to JSON/);
});

it('invalid parameters fail the request and not the iteration', async () => {
  const { lines, totals } = await runScript(`
    import http from 'k6/http';
    export default function () {
      const url = 'http://${server.host}/chunks';
      for (const params of [{ timeout: 'soon' }, { responseType: 'odd' }, { timeout: 0 }]) {
        const { status, error, error_code } = http.get(url, params);
        console.log(status + ' ' + error_code + ' ' + error);
      }
      console.log(http.get('://x', { throw: true }).error_code);
    }
  `);
  expect(lines.filter((line) => line !== 'Request Failed')).toEqual([
    '0 0 invalid timeout value: time: invalid duration "soon"',
    '0 0 odd does not belong to ResponseType values: text, binary, none',
    '0 1050 request timeout',
    '1020',
  ]);
  expect(totals.counters).toMatchObject({ iterations: 1, http_reqs: 1 });
});
