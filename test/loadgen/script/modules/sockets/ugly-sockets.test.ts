import { createServer, type Server } from 'node:https';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, ByteServer, closeFrame, serverFrame } from '../../../../support/byte-server.js';
import { runScript } from '../../../../support/script-run.js';
import { TLS_A } from '../../../../support/tls-files.js';

const says =
  (...frames: Buffer[]): Answer =>
  (socket, handshake) =>
    void socket.write(Buffer.concat([handshake, ...frames]));
const without =
  (header: string): Answer =>
  (socket, handshake) =>
    void socket.end(handshake.toString('latin1').replace(`${header}\r\n`, ''));

const ENDS = { sent: 'error websocket: close sent,close 1001', silent: 'close 1001' };
/**
 * Events that handlers of `k6/ws` receive in k6 1.3.0. `k6/experimental/websockets` only reports a
 * close, unless there was a close frame.
 */
const SESSIONS: Readonly<Record<string, readonly [answer: Answer, heard: string]>> = {
  '/masked': [says(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 104, 105])), ENDS.sent],
  '/reserved-bit': [says(Buffer.from([0xa1, 0])), ENDS.sent],
  '/opcode': [says(serverFrame(3)), ENDS.sent],
  '/continuation': [says(serverFrame(0, 'hi')), ENDS.sent],
  '/long-ping': [says(Buffer.concat([Buffer.from([0x89, 126, 0, 126]), Buffer.alloc(126)])), ENDS.sent],
  '/close-1005': [says(closeFrame(1005)), ENDS.sent],
  '/close-5000': [says(closeFrame(5000)), ENDS.sent],
  '/reason': [says(Buffer.from([0x88, 4, 3, 0xe8, 0xff, 0xfe])), ENDS.sent],
  '/length': [says(Buffer.from([0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 1])), ENDS.silent],
  '/one-byte': [says(serverFrame(8, 'x')), 'error websocket: close 1005 (no status),close 1005'],
};
const server = new ByteServer({
  ...Object.fromEntries(Object.entries(SESSIONS).map(([path, [answer]]) => [path, answer])),
  '/no-connection': without('Connection: Upgrade'),
  '/no-http': (socket) => void socket.end('hello\r\n\r\n'),
  '/early': (socket) => void socket.end(),
});
const secure: Server[] = [];

async function portOf({ certFile, keyFile }: typeof TLS_A): Promise<number> {
  const https = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_request, response) =>
    response.end(),
  );
  secure.push(https);
  https.listen(0, '0.0.0.0');
  await once(https, 'listening');
  const address = https.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

beforeAll(() => server.start());
afterAll(async () => {
  for (const https of secure) https.close();
  await server.stop();
});

it('a protocol violation is reported as in k6', async () => {
  const { lines } = await runScript(`
    import ws from 'k6/ws';
    export default function () {
      for (const path of ${JSON.stringify(Object.keys(SESSIONS))}) {
        const heard = [];
        ws.connect('ws://${server.host}' + path, (socket) => {
          socket.on('error', (error) => heard.push('error ' + error.error()));
          socket.on('close', (code) => heard.push('close ' + code));
        });
        console.log(path + ' ' + heard);
      }
    }
  `);
  expect(lines).toEqual(Object.entries(SESSIONS).map(([path, [, heard]]) => `${path} ${heard}`));
});

it("the browser's WebSocket only reports a close after a protocol violation", async () => {
  const { lines, totals } = await runScript(`
    import { WebSocket } from 'k6/websockets';
    export default function () {
      for (const path of ['/masked', '/length', '/one-byte', '/no-http']) {
        const socket = new WebSocket('ws://${server.host}' + path);
        socket.onerror = ({ error }) => console.log(path + ' error ' + error);
        socket.onclose = () => console.log(path + ' close');
      }
    }
  `);
  expect(lines.toSorted()).toEqual([
    '/length close',
    '/masked close',
    '/no-http close',
    '/no-http error malformed HTTP response "hello"',
    '/one-byte close',
    '/one-byte error websocket: close 1005 (no status)',
  ]);
  // Unlike in k6/ws, a failed dial has no session duration.
  expect(totals.trends['ws_session_duration']?.count).toBe(3);
});

it('a failed handshake with a response has no error and no URL, as in k6', async () => {
  const { lines } = await runScript(`
    import ws from 'k6/ws';
    export default function () {
      for (const path of ['/no-connection', '/no-http', '/early']) {
        const { status, error, url } = ws.connect('ws://${server.host}' + path, () => {});
        console.log(JSON.stringify([status, error, url]));
      }
    }
  `);
  expect(lines.filter((line) => line.startsWith('['))).toEqual([
    '[101,"",""]',
    '[0,"malformed HTTP response \\"hello\\"",""]',
    '[0,"unexpected EOF",""]',
  ]);
});

it("an untrusted certificate has the codes 1310 and 1311, and Go's reason", async () => {
  const port = await portOf(TLS_A);
  const { lines, logs } = await runScript(`
    import http from 'k6/http';
    import ws from 'k6/ws';
    export default function () {
      for (const host of ['localhost:${port}', '127.0.0.2:${port}']) {
        const { error, error_code } = http.get('https://' + host + '/early');
        console.log([error_code, error, ws.connect('wss://' + host + '/early', () => {}).error].join('; '));
      }
    }
  `);
  const verifying = 'tls: failed to verify certificate: x509: ';
  const told = [
    ['1310; x509: unknown authority', `${verifying}certificate signed by unknown authority`],
    ["1311; x509: certificate doesn't match hostname", `${verifying}certificate is valid for 127.0.0.1, not 127.0.0.2`],
  ];
  expect(lines.filter((line) => line.startsWith('13'))).toEqual(told.map((parts) => parts.join('; ')));
  const causes = logs.flatMap(({ error }) => error ?? []).map((error) => error.replace(/^Get "[^"]*": /, ''));
  expect(causes).toEqual(told.map(([, text]) => text));
});

it.each([
  ['http://x', 'malformed ws or wss URL'],
  ['', 'malformed ws or wss URL'],
  ['ws://h:p/', 'parse "ws://h:p/": invalid port ":p" after host'],
  ['ws://127.0.0.1:99999/', 'dial tcp: address 99999: invalid port'],
])('a URL that leads nowhere is a session that failed: %j', async (url, error) => {
  const { lines, totals } = await runScript(`
    import ws from 'k6/ws';
    export default function () { console.log(JSON.stringify(ws.connect(${JSON.stringify(url)}, () => {}))); }
  `);
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ url: '', status: 0, headers: {}, body: '', error });
  expect(totals.counters['ws_sessions']).toBe(1);
  expect(totals.trends['ws_connecting']?.count).toBe(1);
  expect(totals.trends['ws_session_duration']?.count).toBe(1);
});
