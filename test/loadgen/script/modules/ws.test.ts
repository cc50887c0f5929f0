import { afterEach, beforeEach, expect, test } from 'vitest';
import { LoadTarget } from '../../../support/load-target.js';
import { runScript } from '../../../support/script-run.js';

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

test('an echo is received, counted and closed', async () => {
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
