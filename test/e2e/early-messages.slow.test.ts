import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteServer, closeFrame, serverFrame } from '../support/byte-server.js';
import { consoleLines, runScriptFiles } from '../support/script-files.js';

const TEN = Array.from({ length: 10 }, (_, index) => `m${index}`);
const TEN_FRAMES = Buffer.concat(TEN.map((text) => serverFrame(1, text)));

/** Servers that send messages together with the answer to the handshake. */
const server = new ByteServer({
  '/ten': (socket, handshake) => socket.write(Buffer.concat([handshake, TEN_FRAMES])),
  '/split': (socket, handshake) => {
    socket.write(handshake);
    socket.write(TEN_FRAMES.subarray(0, 7));
    setImmediate(() => socket.write(TEN_FRAMES.subarray(7)));
  },
  '/close': (socket, handshake) => socket.end(Buffer.concat([handshake, TEN_FRAMES, closeFrame(1000, 'bye')])),
  '/only-close': (socket, handshake) => socket.end(Buffer.concat([handshake, closeFrame(1000)])),
  '/abrupt': (socket, handshake) => socket.end(Buffer.concat([handshake, TEN_FRAMES])),
  '/control': (socket, handshake) =>
    socket.write(Buffer.concat([handshake, serverFrame(9, 'p'), TEN_FRAMES, serverFrame(2, Buffer.of(1, 2))])),
  '/many': (socket, handshake) => {
    socket.write(Buffer.concat([handshake, ...Array.from({ length: 5000 }, () => TEN_FRAMES)]));
    socket.end(closeFrame(1000));
  },
});

beforeAll(() => server.start());
afterAll(() => server.stop());

const EVENTS = `const got = []; ws.binaryType = 'arraybuffer';
  ws.onopen = () => { got.push('open'); setTimeout(() => ws.close(), 300); };
  ws.onmessage = ({ data }) => got.push(typeof data === 'string' ? data : 'bytes ' + data.byteLength);
  ws.onping = () => got.push('ping'); ws.onerror = () => got.push('error');
  ws.onclose = () => { got.push('close'); console.log(got.join()); };`;

/** Events that a script gets in k6 1.3.0, by path. */
const RECEIVED: readonly (readonly [path: string, events: readonly string[]])[] = [
  ['ten', ['open', ...TEN, 'close']],
  ['split', ['open', ...TEN, 'close']],
  ['close', ['open', ...TEN, 'close']],
  ['only-close', ['open', 'close']],
  ['abrupt', ['open', ...TEN, 'error', 'close']],
  ['control', ['open', 'ping', ...TEN, 'bytes 2', 'close']],
];

describe('a message that arrives with the answer to the handshake', () => {
  it.each(['k6/websockets', 'k6/experimental/websockets'])('is delivered after open, in order: %s', async (module) => {
    const ending = await runScriptFiles({
      'script.js': `import { WebSocket } from '${module}';
        export default function () { for (const path of ${JSON.stringify(RECEIVED.map(([path]) => path))}) {
          const ws = new WebSocket('ws://${server.host}/' + path); ${EVENTS.replace('console.log(', "console.log(path + ' ' + ")} } }`,
    });
    const expected = RECEIVED.map(([path, events]) => `${path} ${events.join()}`);
    expect(consoleLines(ending).toSorted()).toEqual(expected.toSorted());
  });

  it('waits for listeners that are added after a blocking call, and for one that blocks', async () => {
    const ending = await runScriptFiles({
      'script.js': `import { WebSocket } from 'k6/websockets'; import { sleep } from 'k6';
        export default function () { const got = []; const ws = new WebSocket('ws://${server.host}/close'); sleep(0.2);
          ws.addEventListener('open', () => { sleep(0.1); got.push('open'); }); ws.onmessage = ({ data }) => got.push(data);
          ws.onclose = () => { got.push('close'); console.log(got.join()); }; }`,
    });
    expect(consoleLines(ending)).toEqual([['open', ...TEN, 'close'].join()]);
  });

  it('is not lost among thousands, for several virtual users', async () => {
    const ending = await runScriptFiles({
      'script.js': `import { WebSocket } from 'k6/websockets'; export const options = { vus: 4, iterations: 8 };
        export default function () { let n = 0; const ws = new WebSocket('ws://${server.host}/many'); ws.onmessage = () => n++; ws.onclose = () => console.log(n); }`,
    });
    expect(consoleLines(ending)).toEqual(Array.from({ length: 8 }, () => '50000'));
    expect(ending.stdout).toMatch(/ws_msgs_received\.+: 400000 /);
  });

  it('is delivered by k6/ws too, even when the set-up function blocks', async () => {
    const ending = await runScriptFiles({
      'script.js': `import ws from 'k6/ws'; import { sleep } from 'k6';
        export default function () { const got = []; ws.connect('ws://${server.host}/close', (socket) => { sleep(0.1);
          socket.on('open', () => { sleep(0.1); got.push('open'); }); socket.on('message', (m) => got.push(m)); socket.on('close', (code) => got.push(code)); });
          console.log(got.join()); }`,
    });
    expect(consoleLines(ending)).toEqual([['open', ...TEN, 1000].join()]);
  });
});
