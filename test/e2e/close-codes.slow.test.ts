import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteServer, closeFrame } from '../support/byte-server.js';
import { consoleLines, runScriptFiles } from '../support/script-files.js';

/** Bytes that the client has sent on each connection, by path. */
const sent = new Map<string, Buffer>();

/** Keeps what the client sends and never answers a close. */
const keep =
  (path: string) =>
  (socket: Socket, handshake: Buffer): void => {
    socket.on('data', (bytes: Buffer) => sent.set(path, Buffer.concat([sent.get(path) ?? Buffer.alloc(0), bytes])));
    socket.write(handshake);
  };

/**
 * A code as a script writes it, the code that `close` handlers get, and the code on the wire
 * (undefined for none), as in k6 1.3.0.
 */
const CODES: readonly (readonly [written: string, heard: number, wire: number | undefined])[] = [
  ['', 1001, 1001],
  ['undefined', 0, 0],
  ['null', 0, 0],
  ['0', 0, 0],
  ['-1', -1, 65_535],
  ['1', 1, 1],
  ['999', 999, 999],
  ['1000', 1000, 1000],
  ['1004', 1004, 1004],
  ['1005', 1005, undefined],
  ['1006', 1006, 1006],
  ['1015', 1015, 1015],
  ['2500', 2500, 2500],
  ['2999', 2999, 2999],
  ['4999', 4999, 4999],
  ['5000', 5000, 5000],
  ['9999', 9999, 9999],
  ['65536', 65_536, 0],
  ['70000', 70_000, 4464],
  ['"1000"', 1000, 1000],
  ['"abc"', 0, 0],
  ['NaN', 0, 0],
  ['1000.7', 1000, 1000],
  ['true', 1, 1],
  ['{}', 0, 0],
];

const server = new ByteServer({
  ...Object.fromEntries(CODES.map(([code]) => [`/${encodeURIComponent(code)}`, keep(code)])),
  '/closing': (socket, handshake) => {
    socket.write(handshake);
    socket.once('data', () => socket.end(closeFrame(4000, 'bye')));
  },
  '/silent': keep('silent'),
  '/truncated': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc'),
  '/cut': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc'),
});

beforeAll(() => server.start());
afterAll(() => server.stop());

/** The code in a masked close frame; undefined when it has none. */
function codeOf(frame: Buffer | undefined): number | undefined {
  if (frame === undefined || frame[0] !== 0x88) throw new Error(`no close frame: ${frame?.toString('hex')}`);
  const length = (frame[1] ?? 0) & 0x7f;
  const payload = frame.subarray(6, 6 + length).map((byte, index) => byte ^ (frame[2 + index] ?? 0));
  return length < 2 ? undefined : Buffer.from(payload).readUInt16BE(0);
}

describe('closing with any code', () => {
  it('ends the session of k6/ws, calls its handlers and sends what k6 sends', async () => {
    const cases = CODES.map(([code]) => `['${encodeURIComponent(code)}', (socket) => socket.close(${code})]`);
    const ending = await runScriptFiles({
      'script.js': `import ws from 'k6/ws';
        export default function () { for (const [path, close] of [${cases.join()}]) {
          ws.connect('ws://${server.host}/' + path, (socket) => { socket.on('open', () => close(socket)); socket.on('close', (code) => console.log(code)); }); } }`,
    });
    expect(consoleLines(ending)).toEqual(CODES.map(([, heard]) => String(heard)));
    expect(ending.stdout).toMatch(/iterations\.+: 1 /);
    expect(ending.code).toBe(0);
    expect(CODES.map(([code]) => codeOf(sent.get(code)))).toEqual(CODES.map(([, , wire]) => wire));
  });

  it('is refused by k6/websockets, and the socket stays usable', async () => {
    const codes = '[999, 1001, 1005, 1006, 2999, 5000, 9999, "abc", NaN, null]';
    const ending = await runScriptFiles({
      'script.js': `import { WebSocket } from 'k6/websockets';
        export default function () { const ws = new WebSocket('ws://${server.host}/closing'); ws.onopen = () => { const names = [];
          for (const code of ${codes}) { try { ws.close(code); } catch (error) { names.push(error.name); } }
          try { ws.close(3000, 'x'.repeat(124)); } catch (error) { names.push(error.name); }
          console.log(names.length, ws.readyState); ws.close(3000, 'x'.repeat(123)); }; ws.onclose = () => console.log('closed'); }`,
    });
    expect(consoleLines(ending)).toEqual(['11 1', 'closed']);
    expect(ending.code).toBe(0);
  });

  it('is possible with k6/experimental/websockets, as in k6 1.3', async () => {
    const ending = await runScriptFiles({
      'script.js': `import { WebSocket } from 'k6/experimental/websockets';
        export default function () { for (const [code, reason] of [[1001, ''], [9999, 'why'], [0, ''], [1006, 'x'.repeat(124)], [3000, 'ü'.repeat(62)]]) {
          const ws = new WebSocket('ws://${server.host}/closing'); ws.onopen = () => ws.close(code, reason); ws.onclose = () => console.log('closed'); } }`,
    });
    expect(consoleLines(ending)).toEqual(['closed', 'closed', 'closed', 'closed', 'closed']);
    expect(ending.code).toBe(0);
  });
});

describe('the end of a run', () => {
  it('does not wait for requests and sockets that the script left open', async () => {
    const started = `const options = { scenarios: { one: { executor: 'constant-vus', vus: 2, duration: '1s', gracefulStop: '0s' } } };`;
    const texts = [
      `import http from 'k6/http'; export ${started} export default function () { http.get('http://${server.host}/truncated'); }`,
      `import http from 'k6/http'; export default function () { http.get('http://${server.host}/cut'); }`,
      `import http from 'k6/http'; export ${started} export default function () { http.asyncRequest('GET', 'http://${server.host}/truncated'); }`,
      `import ws from 'k6/ws'; export default function () { ws.connect('ws://${server.host}/silent', (s) => s.on('open', () => s.close(9999))); }`,
      `import { WebSocket } from 'k6/websockets'; export ${started} export default function () { const ws = new WebSocket('ws://${server.host}/silent'); ws.onopen = () => ws.close(); }`,
    ];
    const endings = await Promise.all(texts.map((text) => runScriptFiles({ 'script.js': text })));
    expect(endings.map(({ code }) => code)).toEqual(texts.map(() => 0));
  });
});
