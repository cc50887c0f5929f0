import { afterEach, beforeEach, expect, it } from 'vitest';
import { BALANCE_COUNTERS } from '../../../../../src/run-file/records.js';
import { LoadTarget } from '../../../../support/load-target.js';
import { runScript, type ScriptRun } from '../../../../support/script-run.js';

let target: LoadTarget;

beforeEach(async () => {
  target = new LoadTarget((socket) => {
    socket.on('message', (bytes: Buffer, isBinary) => {
      const text = bytes.toString();
      if (text.startsWith('close ')) socket.close(Number(text.slice(6)), 'as you wish');
      else socket.send(bytes, { binary: isBinary });
    });
  });
  await target.start();
});

afterEach(() => target.stop());

function run(body: string): Promise<ScriptRun> {
  return runScript(`
    import { WebSocket, Blob } from 'k6/websockets';
    import { sleep } from 'k6';
    export default function () {
      const ws = new WebSocket('${target.url}');
      ${body}
    }
  `);
}

it('the constructor returns immediately, and the iteration ends with the last socket', async () => {
  const { lines, totals } = await run(`
    console.log('state ' + ws.readyState);
    ws.onopen = () => { console.log('open ' + ws.readyState); ws.send('hello'); };
    ws.addEventListener('message', (event) => { console.log(event.type + ' ' + event.data); ws.close(); });
    ws.onclose = (event) => console.log('close ' + event.code + ' ' + ws.readyState);
  `);
  expect(lines).toEqual(['state 0', 'open 1', 'message hello', 'close 1000 3']);
  expect(totals.counters).toMatchObject({ ws_sessions: 1, ws_msgs_sent: 2, ws_msgs_received: 1, iterations: 1 });
});

it('an iteration can use several sockets', async () => {
  const { totals } = await run(`
    const other = new WebSocket('${target.url}');
    for (const socket of [ws, other]) {
      socket.onopen = () => socket.send('x');
      socket.onmessage = () => socket.close();
    }
  `);
  expect(totals.counters).toMatchObject({ ws_sessions: 2, ws_msgs_received: 2, iterations: 1 });
});

it('binary messages are blobs unless binaryType is arraybuffer', async () => {
  const { lines } = await run(`
    let count = 0;
    ws.onopen = () => ws.send(new Uint8Array([104, 105]).buffer);
    ws.onmessage = async (event) => {
      count += 1;
      if (count === 1) {
        console.log((event.data instanceof Blob) + ' ' + (await event.data.text()));
        ws.binaryType = 'arraybuffer';
        ws.send(new Blob(['ho']));
      } else {
        console.log(event.data instanceof ArrayBuffer, new Uint8Array(event.data)[1]);
        ws.close();
      }
    };
  `);
  expect(lines).toEqual(['true hi', 'true 111']);
});

it('sending before the connection is open is an InvalidStateError', async () => {
  const { lines } = await run(`
    try { ws.send('early'); } catch (error) { console.log(error.name); }
    ws.onopen = () => ws.close();
  `);
  expect(lines).toEqual(['InvalidStateError']);
});

// Recorded from k6 1.3.0.
it('pings and closes count as sent; after close nothing is counted as received, and sending is an error', async () => {
  const { lines, totals } = await run(`
    ws.onopen = () => {
      ws.send('a');
      ws.ping();
      ws.close();
      for (const name of ['send', 'ping']) {
        try { ws[name]('late'); } catch (error) { console.log(error.name); }
      }
      ws.close();
    };
    ws.onmessage = () => console.log('message');
    ws.onpong = () => console.log('pong');
  `);
  expect(lines.slice(0, 2)).toEqual(['InvalidStateError', 'InvalidStateError']);
  expect(lines).not.toContain('message');
  expect(totals.counters['ws_msgs_sent']).toBe(3);
  expect(totals.counters['ws_msgs_received'] ?? 0).toBe(0);
  expect(totals.counters[BALANCE_COUNTERS.sentNoMessage]).toBe(2);
  expect(totals.counters[BALANCE_COUNTERS.receivedAfterClose]).toBe(1);
});

it('close codes and reasons are validated', async () => {
  const { lines } = await run(`
    ws.onopen = () => {
      for (const args of [[1001], [5000], [3000, 'x'.repeat(124)]]) {
        try { ws.close(...args); } catch (error) { console.log(error.name); }
      }
      ws.close(3001, 'bye');
    };
  `);
  expect(lines).toEqual(['InvalidAccessError', 'InvalidAccessError', 'SyntaxError']);
  await expect.poll(() => target.closeCodes).toEqual([3001]);
});

it('a handler that is set to null is not called any more', async () => {
  const { lines } = await run(`
    ws.onopen = () => ws.send('one');
    ws.onmessage = () => { console.log('first'); ws.onmessage = null; ws.send('two'); setTimeout(() => ws.close(), 30); };
  `);
  expect(lines).toEqual(['first']);
});

it('a listener that throws closes the socket and fails the iteration, which counts', async () => {
  const { logs, totals } = await run(`
    ws.onopen = () => ws.send('x');
    ws.onmessage = () => { throw new Error('no good'); };
  `);
  expect(logs.map(({ level, text }) => [level, text.split('\n')[0]])).toEqual([['error', 'Error: no good']]);
  expect(totals.counters['iterations']).toBe(1);
  await expect.poll(() => target.closeCodes).toEqual([1001]);
});

it('an unusual close code is an error, then a close', async () => {
  const { lines } = await run(`
    ws.onopen = () => ws.send('close 3333');
    ws.onerror = (event) => console.log('error ' + event.error);
    ws.onclose = (event) => console.log('close ' + event.code + ' ' + event.reason);
  `);
  expect(lines).toEqual(['error websocket: close 3333: as you wish', 'close 3333 as you wish']);
});

it('a refused connection is an error, then a close, and the session counts', async () => {
  const { lines, totals } = await runScript(`
    import { WebSocket } from 'k6/experimental/websockets';
    export default function () {
      const ws = new WebSocket('ws://127.0.0.1:1/');
      ws.onerror = (event) => console.log(event.error);
      ws.onclose = () => console.log('closed ' + ws.readyState);
    }
  `);
  expect(lines).toEqual(['dial tcp 127.0.0.1:1: connect: connection refused', 'closed 3']);
  expect(totals.counters['ws_sessions']).toBe(1);
});

it('a ping is answered, counted as sent, and its time recorded', async () => {
  const { lines, totals } = await run(`
    ws.onopen = () => ws.ping();
    ws.onpong = () => { console.log('pong'); ws.close(); };
  `);
  expect(lines).toEqual(['pong']);
  expect(totals.counters['ws_msgs_sent']).toBe(2);
  expect(totals.trends['ws_ping']?.count).toBe(1);
});

it('a handler that sleeps delays the events of all sockets of its virtual user', async () => {
  const { lines } = await run(`
    const other = new WebSocket('${target.url}');
    let opened = 0;
    const begin = () => { opened += 1; if (opened === 2) { ws.send('a'); other.send('b'); } };
    ws.onopen = begin; other.onopen = begin;
    const hear = (event) => { console.log('begin'); sleep(0.05); console.log('end'); event.target.close(); };
    ws.onmessage = hear; other.onmessage = hear;
  `);
  expect(lines).toEqual(['begin', 'end', 'begin', 'end']);
});

it('an interrupted iteration closes its sockets with 1001', async () => {
  const { lines, totals } = await runScript(`
    import { WebSocket } from 'k6/websockets';
    export const options = { scenarios: { one: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '10ms' } } };
    export default function () {
      new WebSocket('${target.url}').onclose = () => console.log('close');
    }
  `);
  expect(lines).toEqual([]);
  expect(totals.counters['iterations'] ?? 0).toBe(0);
  await expect.poll(() => target.closeCodes).toEqual([1001]);
});
