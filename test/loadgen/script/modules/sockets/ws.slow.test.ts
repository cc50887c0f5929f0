import { afterEach, beforeEach, expect, it } from 'vitest';
import { BALANCE_COUNTERS } from '../../../../../src/run-file/records.js';
import { LoadTarget } from '../../../../support/load-target.js';
import { runScript } from '../../../../support/script-run.js';

let target: LoadTarget;

beforeEach(async () => {
  target = new LoadTarget((socket) => {
    socket.on('message', (bytes: Buffer, isBinary) => {
      const text = bytes.toString();
      if (text.startsWith('close ')) socket.close(Number(text.slice(6)));
      else if (text === 'close') socket.close();
      else if (text === 'cut') socket.terminate();
      else if (text === 'ping') socket.ping('from the server');
      else socket.send(bytes, { binary: isBinary });
    });
  });
  await target.start();
});

afterEach(() => target.stop());

async function connect(body: string, params = '{}'): Promise<Awaited<ReturnType<typeof runScript>>> {
  return runScript(`
    import ws from 'k6/ws';
    import { check, sleep } from 'k6';
    export default function () {
      let response;
      try {
        response = ws.connect('${target.url}', ${params}, function (socket) {
          ${body}
        });
      } catch (error) {
        console.log('thrown ' + error.message);
        return;
      }
      console.log('returned ' + response.status + ' ' + response.error);
    }
  `);
}

it('an echo is received, counted and closed', async () => {
  const { lines, totals } = await connect(`
    socket.on('open', () => { console.log('open'); socket.send('one'); });
    socket.on('message', (text) => { console.log('got ' + text); check(text, { 'is one': (t) => t === 'one' }); socket.close(); });
    socket.on('close', (code) => console.log('close ' + code));
  `);
  expect(lines).toEqual(['open', 'got one', 'close 1001', 'returned 101 ']);
  expect(totals.counters).toMatchObject({ ws_sessions: 1, ws_msgs_sent: 1, ws_msgs_received: 1, iterations: 1 });
  expect(totals.rates['checks']).toEqual({ passes: 1, fails: 0 });
  expect(totals.trends['ws_session_duration']?.count).toBe(1);
  expect(target.counts).toMatchObject({ sessions: 1, received: 1 });
});

it('binary messages are ArrayBuffers, and only these can be sent as such', async () => {
  const { lines } = await connect(`
    socket.on('open', () => {
      for (const wrong of [new Uint8Array(1), 'text', [1]]) {
        try { socket.sendBinary(wrong); } catch (error) { console.log(error.message); }
      }
      socket.sendBinary(new Uint8Array([1, 2]).buffer);
    });
    socket.on('binaryMessage', (bytes) => { console.log(bytes instanceof ArrayBuffer, new Uint8Array(bytes)[1]); socket.close(); });
  `);
  expect(lines).toEqual([
    'expected ArrayBuffer as argument, received: Uint8Array',
    'expected ArrayBuffer as argument, received: String',
    'expected ArrayBuffer as argument, received: Array',
    'true 2',
    'returned 101 ',
  ]);
});

it('an unusual close of the peer is an error, then a close', async () => {
  const events = `
    socket.on('error', (error) => console.log('error ' + error.error()));
    socket.on('close', (code) => console.log('close ' + code));`;
  const odd = await connect(`socket.on('open', () => socket.send('close 3000')); ${events}`);
  expect(odd.lines).toEqual(['error websocket: close 3000', 'close 3000', 'returned 101 ']);
  const plain = await connect(`socket.on('open', () => socket.send('close 1000')); ${events}`);
  expect(plain.lines).toEqual(['close 1000', 'returned 101 ']);
  const bare = await connect(`socket.on('open', () => socket.send('close')); ${events}`);
  expect(bare.lines).toEqual(['error websocket: close 1005 (no status)', 'close 1005', 'returned 101 ']);
  const cut = await connect(`socket.on('open', () => socket.send('cut')); ${events}`);
  expect(cut.lines).toEqual([
    'error websocket: close 1006 (abnormal closure): unexpected EOF',
    'close 1006',
    'returned 101 ',
  ]);
});

it('close handlers run inside close(), and only the first close counts', async () => {
  const { lines } = await connect(`
    socket.on('close', (code) => console.log('close ' + code));
    socket.on('open', () => { socket.close(3001); console.log('closed'); socket.close(1000); });
  `);
  expect(lines).toEqual(['close 3001', 'closed', 'returned 101 ']);
  await expect.poll(() => target.closeCodes).toEqual([3001]);
});

it('an error of a handler, a timer or the set-up function is thrown by connect', async () => {
  const close = "socket.on('close', (code) => console.log('close ' + code));";
  const inHandler = await connect(`${close} socket.on('open', () => { throw new Error('in a handler'); });`);
  expect(inHandler.lines).toEqual(['close 1001', 'thrown in a handler']);
  const inTimer = await connect(`${close} socket.setTimeout(() => { throw new Error('in a timer'); }, 5);`);
  expect(inTimer.lines).toEqual(['close 1001', 'thrown in a timer']);
  const inSetup = await connect(`${close} throw new Error('in the set-up');`);
  expect(inSetup.lines).toEqual(['close 1001', 'thrown in the set-up']);
});

it('events that arrive while a handler sleeps wait for it', async () => {
  const { lines } = await connect(`
    let heard = 0;
    socket.on('open', () => { socket.send('a'); socket.send('b'); });
    socket.on('message', (text) => {
      console.log('begin ' + text);
      sleep(0.05);
      console.log('end ' + text);
      heard += 1;
      if (heard === 2) socket.close();
    });
  `);
  expect(lines).toEqual(['begin a', 'end a', 'begin b', 'end b', 'returned 101 ']);
});

it('timers require a delay above 0, and end with the socket', async () => {
  const { lines } = await connect(`
    for (const delay of [0, -1, NaN, undefined]) {
      try { socket.setTimeout(() => {}, delay); } catch (error) { console.log(error.message); }
    }
    let ticks = 0;
    socket.setInterval(() => { ticks += 1; if (ticks === 3) { console.log('ticks ' + ticks); socket.close(); } }, 5);
  `);
  expect(lines.at(-2)).toBe('ticks 3');
  expect(lines[0]).toBe('setTimeout requires a >0 timeout parameter, received 0.00');
  expect(lines).toHaveLength(6);
});

it('a ping is answered and measured; a ping of the server is an event', async () => {
  const { lines, totals } = await connect(`
    socket.on('open', () => socket.ping());
    socket.on('pong', () => { console.log('pong'); socket.send('ping'); });
    socket.on('ping', () => { console.log('ping'); socket.close(); });
  `);
  expect(lines).toEqual(['pong', 'ping', 'returned 101 ']);
  expect(totals.trends['ws_ping']?.count).toBe(1);
});

it('a refused upgrade returns its status; a refused connection returns an error', async () => {
  const { lines, totals } = await runScript(`
    import ws from 'k6/ws';
    export default function () {
      const fail = () => { throw new Error('the set-up function was called'); };
      const refused = ws.connect('${target.url.replace('/connect', '/refused')}', fail);
      console.log(refused.status + ' ' + refused.error + ' ' + refused.headers['Content-Length']);
      const nobody = ws.connect('ws://127.0.0.1:1/', fail);
      console.log(nobody.status + ' ' + nobody.error);
    }
  `);
  expect(lines.filter((line) => !line.startsWith('Attempt'))).toEqual([
    // With a response, k6 reports no error.
    '403  0',
    '0 dial tcp 127.0.0.1:1: connect: connection refused',
  ]);
  expect(totals.counters['ws_sessions']).toBe(2);
  expect(totals.trends['ws_connecting']?.count).toBe(2);
  expect(totals.trends['ws_session_duration']?.count).toBe(2);
});

it('with the option throw a failed dial is an exception', async () => {
  const { lines } = await runScript(
    `
    import ws from 'k6/ws';
    export default function () {
      try { ws.connect('ws://127.0.0.1:1/', () => {}); } catch (error) { console.log(error.message); }
    }`,
    { flags: { throw: true } },
  );
  expect(lines).toEqual(['dial tcp 127.0.0.1:1: connect: connection refused']);
});

it('invalid arguments are refused with a message', async () => {
  const { lines } = await runScript(`
    import ws from 'k6/ws';
    export default function () {
      for (const args of [['x'], ['ws://127.0.0.1:1/', 5], ['http://127.0.0.1/', () => {}], ['ws://127.0.0.1:1/', { compression: 'gzip' }, () => {}]]) {
        try { ws.connect(...args); } catch (error) { console.log(error.message); }
      }
    }
  `);
  expect(lines).toEqual([
    'invalid number of arguments to ws.connect, expected (url, function) or (url, params, function)',
    'last argument to ws.connect must be a function',
    'Attempt to establish a WebSocket connection failed: malformed ws or wss URL',
    "unsupported compression algorithm 'gzip', supported algorithm is 'deflate'",
  ]);
});

it('samples carry the tags of the connection', async () => {
  const { totals } = await runScript(
    `
    import ws from 'k6/ws';
    export const options = { tags: { run: 'x' } };
    export default function () {
      ws.connect('${target.url}', { tags: { kind: 'a' }, headers: { 'X-Mine': '1' } }, (socket) => {
        socket.on('open', () => { socket.send('hi'); });
        socket.on('message', () => socket.close());
      });
    }`,
    {
      flags: {
        recordSubmetrics: [
          'ws_sessions{kind:a}',
          'ws_sessions{status:101}',
          `ws_msgs_sent{url:${target.url},run:x,scenario:default}`,
          'ws_sessions{kind:b}',
        ],
      },
    },
  );
  expect(totals.counters).toMatchObject({ 'ws_sessions{kind:a}': 1, 'ws_sessions{status:101}': 1 });
  expect(totals.counters[`ws_msgs_sent{url:${target.url},run:x,scenario:default}`]).toBe(1);
  expect(totals.counters['ws_sessions{kind:b}'] ?? 0).toBe(0);
});

it('the end of the graceful stop closes the socket with 1001, without calling a handler or catch', async () => {
  const { lines, totals } = await runScript(`
    import ws from 'k6/ws';
    export const options = { scenarios: { one: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '10ms' } } };
    export default function () {
      try {
        ws.connect('${target.url}', (socket) => socket.on('close', () => console.log('close')));
      } catch (error) {
        console.log('caught');
      }
      console.log('went on');
    }
  `);
  expect(lines).toEqual([]);
  expect(totals.counters['iterations'] ?? 0).toBe(0);
  expect(totals.trends['ws_session_duration']).toBeUndefined();
  await expect.poll(() => target.closeCodes).toEqual([1001]);
});

// Recorded from k6 1.3.0.
it('after close nothing is received or counted, and sending is an error', async () => {
  const { lines, totals } = await connect(`
    socket.on('error', (error) => console.log('error ' + error.error()));
    socket.on('close', (code) => console.log('close ' + code));
    socket.on('message', (text) => console.log('message ' + text));
    socket.on('pong', () => console.log('pong'));
    socket.on('open', () => {
      socket.send('a');
      socket.ping();
      socket.close();
      socket.send('late');
      socket.ping();
      socket.sendBinary(new ArrayBuffer(1));
      console.log('end');
    });
  `);
  const error = 'error websocket: close sent';
  expect(lines).toEqual(['close 1001', error, error, error, 'end', 'returned 101 ']);
  expect(totals.counters['ws_msgs_sent']).toBe(3);
  expect(totals.counters['ws_msgs_received'] ?? 0).toBe(0);
  expect(totals.counters[BALANCE_COUNTERS.receivedAfterClose]).toBe(1);
  expect(totals.counters[BALANCE_COUNTERS.sentNoMessage]).toBe(2);
  expect(totals.trends['ws_ping']).toBeUndefined();
});

it.each(['k6/ws', 'k6/websockets'])('a cookie of the handshake is stored in the jar: %s', async (name) => {
  target.setCookie('session=s1; Path=/');
  const { lines } = await runScript(`
    import * as module from '${name}';
    import http from 'k6/http';
    function show() {
      console.log(JSON.stringify(http.cookieJar().cookiesForURL('${target.httpUrl}/any')));
    }
    export default function () {
      if (module.WebSocket === undefined) {
        module.connect('${target.url}', (socket) => socket.close());
        show();
        return;
      }
      const socket = new module.WebSocket('${target.url}');
      socket.onopen = () => { show(); socket.close(); };
    }
  `);
  expect(lines).toEqual(['{"session":["s1"]}']);
});
