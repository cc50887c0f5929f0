import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteServer, closeFrame, serverFrame } from '../../../../support/byte-server.js';
import { runScript } from '../../../../support/script-run.js';

/**
 * k6 1.3.0's texts for a close of the peer with this code and the reason `why`. `none` stands for a
 * close without a code, `cut` for no close frame.
 */
const TEXTS: readonly (readonly [code: string, error: string | undefined])[] = [
  ['1000', undefined],
  ['1001', undefined],
  ['1002', 'websocket: close 1002 (protocol error): why'],
  ['1003', 'websocket: close 1003 (unsupported data): why'],
  ['1007', 'websocket: close 1007 (invalid payload data): why'],
  ['1008', 'websocket: close 1008 (policy violation): why'],
  ['1009', 'websocket: close 1009 (message too big): why'],
  ['1010', 'websocket: close 1010 (mandatory extension missing): why'],
  ['1011', 'websocket: close 1011 (internal server error): why'],
  ['1012', 'websocket: close 1012: why'],
  ['3000', 'websocket: close 3000: why'],
  ['4999', 'websocket: close 4999: why'],
  ['none', 'websocket: close 1005 (no status)'],
  ['cut', 'websocket: close 1006 (abnormal closure): unexpected EOF'],
];
const server = new ByteServer({
  ...Object.fromEntries(
    TEXTS.map(([code]) => [
      `/${code}`,
      (socket, handshake) => socket.end(Buffer.concat([handshake, closeFrame(Number(code), 'why')])),
    ]),
  ),
  '/none': (socket, handshake) => socket.end(Buffer.concat([handshake, serverFrame(8)])),
  '/cut': (socket, handshake) => socket.end(handshake),
});
const PATHS = JSON.stringify(TEXTS.map(([code]) => code));

beforeAll(() => server.start());
afterAll(() => server.stop());

describe('the close of a peer', () => {
  it('is reported by k6/ws with its name, reason and code', async () => {
    const { lines } = await runScript(`import ws from 'k6/ws';
      export default function () { for (const path of ${PATHS}) { ws.connect('ws://${server.host}/' + path, (socket) => {
        socket.on('error', (error) => console.log(path, error.error())); socket.on('close', (code) => console.log(path, 'closed', code)); }); } }`);
    const codes: Readonly<Record<string, string>> = { none: '1005', cut: '1006' };
    expect(lines).toEqual(
      TEXTS.flatMap(([code, error]) => [
        ...(error === undefined ? [] : [`${code} ${error}`]),
        `${code} closed ${codes[code] ?? code}`,
      ]),
    );
  });

  it('is reported by k6/websockets in the same words', async () => {
    const { lines } = await runScript(`import { WebSocket } from 'k6/websockets';
      export default function () { for (const path of ${PATHS}) { const ws = new WebSocket('ws://${server.host}/' + path);
        ws.onerror = (event) => console.log(path, event.error); } }`);
    const told = TEXTS.flatMap(([code, error]) => (error === undefined ? [] : [`${code} ${error}`]));
    expect(lines.toSorted()).toEqual(told.toSorted());
  });
});
