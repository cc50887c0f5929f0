import { BALANCE_COUNTERS } from '../../src/run-file/records.js';
import { readdirSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { LoadTarget } from '../support/load-target.js';
import { runScript, type ScriptRun } from '../support/script-run.js';

const FOLDER = fileURLToPath(new URL('../../examples/k6-scripts/', import.meta.url));

let target: LoadTarget;
let refusing: LoadTarget;
let live: LoadTarget;

/** Answers each subscription of graphql-transport-ws with two numbered results. */
function subscriptions(socket: WebSocket): void {
  socket.on('message', (bytes: Buffer) => {
    const { type, id }: { type: string; id?: string } = JSON.parse(bytes.toString());
    const messages =
      type === 'connection_init'
        ? [{ type: 'connection_ack' }]
        : [
            { id, type: 'next', payload: { data: { number: 1 } } },
            { id, type: 'next', payload: { data: { number: 2 } } },
            { id, type: 'complete' },
          ];
    for (const message of messages) socket.send(JSON.stringify(message));
  });
}

/** A page with a live view, whose tokens the session below wants back. */
const LIVE_PAGE = `<!doctype html><html><head><meta name="csrf-token" content="csrf+1="></head><body>
<div id="phx-1" data-phx-main data-phx-session="session-1" data-phx-static="static-1"><button phx-click="increment">+</button></div>
</body></html>`;

/** A LiveView that counts clicks, over Phoenix channels; it lets nobody join without the tokens of the page. */
function liveView(socket: WebSocket, { url = '' }: IncomingMessage): void {
  let clicks = 0;
  const token = new URL(url, 'ws://local').searchParams.get('_csrf_token');
  socket.on('message', (bytes: Buffer) => {
    const [joined, reference, topic, event, payload]: [string, string, string, string, { session?: string }] =
      JSON.parse(bytes.toString());
    const reply = (status: string, response: object): void =>
      socket.send(JSON.stringify([joined, reference, topic, 'phx_reply', { status, response }]));
    if (event === 'phx_join') {
      const isKnown = topic === 'lv:phx-1' && token === 'csrf+1=' && payload.session === 'session-1';
      reply(isKnown ? 'ok' : 'error', { rendered: { 0: '0', s: ['<b>', '</b>'] } });
    } else if (event === 'event') {
      clicks += 1;
      reply('ok', { diff: { 0: String(clicks) } });
    }
  });
}

beforeAll(async () => {
  live = new LoadTarget(
    (socket, _target, request) => liveView(socket, request),
    (_request, response) => response.end(LIVE_PAGE),
  );
  target = new LoadTarget(
    (socket, _target, request) => {
      if (socket.protocol === 'graphql-transport-ws') {
        subscriptions(socket);
        return;
      }
      socket.on('message', (bytes: Buffer, isBinary) => {
        const isQuestion = bytes.toString() === 'who am i';
        const isKnown = request.headers.authorization === 'Bearer secret';
        if (isQuestion) socket.send(isKnown ? 'ann' : 'a stranger');
        else socket.send(bytes, { binary: isBinary });
      });
    },
    (_request, response) => response.end('{"token":"secret"}'),
  );
  refusing = new LoadTarget(
    (socket) => socket.on('message', (bytes: Buffer) => socket.send(bytes, { binary: false })),
    (_request, response) => response.end(),
    ({ url = '' }) => Number(/attempt=(\d+)/.exec(url)?.[1]) <= 2,
  );
  await Promise.all([target.start(), refusing.start(), live.start()]);
});

afterAll(() => Promise.all([target.stop(), refusing.stop(), live.stop()]));

const tested = new Set<string>();

function runExample(file: string): Promise<ScriptRun> {
  tested.add(file);
  const env = {
    WSG_URL: target.url,
    HTTP_URL: target.httpUrl,
    REFUSING_URL: refusing.url,
    GRAPHQL_URL: target.url,
    LIVE_URL: `${live.httpUrl}/counter`,
  };
  return runScript('', { path: `${FOLDER}${file}`, env });
}

function checksOf({ totals }: ScriptRun): Record<string, readonly [number, number]> {
  return Object.fromEntries(totals.checks.map(({ name, passes, fails }) => [name, [passes, fails]]));
}

it('chat.js', async () => {
  const run = await runExample('chat.js');
  expect(run.lines).toEqual([]);
  expect(run.totals.counters).toMatchObject({
    iterations: 4,
    ws_sessions: 4,
    ws_msgs_sent: 4,
    ws_msgs_received: 4,
    chat_words: 4,
    'chat_words{kind:greeting}': 4,
  });
  expect(run.totals.trends['chat_answer']?.count).toBe(4);
  expect(checksOf(run)).toEqual({ 'is a greeting': [4, 0], 'status is 101': [4, 0] });
});

it('binary.js, compressed', async () => {
  const run = await runExample('binary.js');
  expect(run.lines).toEqual([]);
  expect(run.totals.counters).toMatchObject({ ws_sessions: 1, ws_msgs_sent: 3, ws_msgs_received: 3 });
  expect(checksOf(run)).toEqual({ 'sequence comes back': [3, 0], 'size comes back': [3, 0], connected: [1, 0] });
});

it('login-then-connect.js', async () => {
  const run = await runExample('login-then-connect.js');
  expect(run.lines).toEqual([]);
  expect(run.totals.counters).toMatchObject({ iterations: 2, http_reqs: 1, ws_sessions: 2, ws_msgs_received: 2 });
  expect(run.totals.trends['group_duration']?.count).toBe(2);
  expect(checksOf(run)).toEqual({ 'logged in': [1, 0], 'the server knows me': [2, 0], connected: [2, 0] });
});

it('several-sockets.js', async () => {
  const run = await runExample('several-sockets.js');
  expect(run.lines).toEqual([]);
  expect(run.totals.counters).toMatchObject({
    iterations: 2,
    ws_sessions: 6,
    // With the six closes, as k6 counts.
    ws_msgs_sent: 18,
    ws_msgs_received: 12,
    'ws_sessions{socket:feed}': 2,
    'ws_sessions{socket:orders}': 2,
  });
  expect(checksOf(run)).toEqual({ 'my own words': [12, 0] });
});

it('arrival-rate.js', async () => {
  const { totals, lines } = await runExample('arrival-rate.js');
  expect(lines).toEqual([]);
  const begun = totals.counters['sessions_begun'] ?? 0;
  const arrivals = totals.counters['sessions_begun{scenario:arrivals}'] ?? 0;
  expect(arrivals + (totals.counters['dropped_iterations'] ?? 0)).toBe(10);
  expect(begun).toBeGreaterThan(arrivals);
  expect(totals.counters).toMatchObject({ iterations: begun, ws_sessions: begun, ws_msgs_received: begun });
});

it('custom-metrics.js', async () => {
  const { totals, lines, program } = await runExample('custom-metrics.js');
  expect(lines).toEqual([]);
  expect(totals.counters['payload_bytes']).toBe(30);
  expect(totals.gauges['largest_payload']).toEqual({ value: 1, min: 1, max: 11 });
  expect(totals.rates['even_payloads']).toEqual({ passes: 3, fails: 1 });
  expect(totals.trends['payload_size']).toMatchObject({ count: 4, min: 1, max: 11, sum: 30 });
  expect(totals.trends['payload_size{parity:odd}']).toMatchObject({ count: 2, sum: 12 });
  expect(program.options.exports).toEqual(['default', 'handleSummary']);
});

it('typed.ts', async () => {
  const run = await runExample('typed.ts');
  expect(run.lines).toEqual([]);
  expect(run.totals.counters).toMatchObject({ iterations: 2, ws_sessions: 2, ws_msgs_sent: 4, ws_msgs_received: 4 });
  expect(checksOf(run)).toEqual({ 'in order': [4, 0] });
});

it('stomp.js', async () => {
  const run = await runExample('stomp.js');
  expect(run.lines).toEqual([]);
  expect(run.totals.counters).toMatchObject({ ws_sessions: 2, ws_msgs_sent: 6, ws_msgs_received: 6 });
  expect(checksOf(run)).toEqual({ 'CONNECT comes back': [2, 0], 'a topic of ours': [4, 0] });
});

it('socket-io.js', async () => {
  const run = await runExample('socket-io.js');
  expect(run.lines).toEqual([]);
  expect(run.totals.counters).toMatchObject({ ws_sessions: 1, ws_msgs_sent: 3, ws_msgs_received: 3 });
  expect(checksOf(run)).toEqual({ 'joined the lobby': [1, 0], connected: [1, 0], acknowledged: [1, 0] });
});

it('stages.js', async () => {
  const { totals, lines, program } = await runExample('stages.js');
  expect(lines).toEqual([]);
  const sessions = totals.counters['ws_sessions'] ?? 0;
  expect(sessions).toBeGreaterThanOrEqual(3);
  expect(totals.counters['greetings']).toBe(3 * sessions);
  // A tick that was on its way when the session closed comes back too: it is counted apart, and no handler hears of it.
  const late = totals.counters[BALANCE_COUNTERS.receivedAfterClose] ?? 0;
  expect(totals.counters['ws_msgs_received']).toBe(3 * sessions);
  expect(totals.counters['ws_msgs_sent']).toBe(3 * sessions + late);
  expect(totals.counters['greetings{stage:1}']).toBeGreaterThan(0);
  expect(totals.counters['greetings{stage:1}']).toBeLessThan(3 * sessions);
  expect(totals.trends['ws_session_duration']?.count).toBe(sessions);
  expect(totals.checks.map(({ name, passes, fails }) => [name, passes, fails])).toEqual([
    ['my own tick', 3 * sessions, 0],
    ['connected', sessions, 0],
  ]);
  expect(program.options.exports).toEqual(['default']);
});

it('reconnect.js', async () => {
  const run = await runExample('reconnect.js');
  expect(run.logs.map(({ level }) => level)).toEqual(['warning', 'warning', 'warning', 'warning']);
  expect(run.totals.counters).toMatchObject({ iterations: 2, ws_sessions: 6, refusals: 4, ws_msgs_received: 2 });
  expect(run.totals.trends['attempts']).toMatchObject({ count: 2, min: 3, max: 3, sum: 6 });
  expect(checksOf(run)).toEqual({ 'heard after all': [2, 0] });
});

it('subscriptions.js', async () => {
  const run = await runExample('subscriptions.js');
  expect(run.lines).toEqual([]);
  expect(run.totals.counters).toMatchObject({
    iterations: 2,
    ws_sessions: 2,
    // With the two closes, as k6 counts.
    ws_msgs_sent: 8,
    ws_msgs_received: 14,
    'subscription_results{query:prices}': 4,
    'subscription_results{query:news}': 4,
  });
  expect(run.totals.trends['first_result']?.count).toBe(4);
  expect(checksOf(run)).toEqual({ 'speaks our protocol': [2, 0], 'numbered in order': [8, 0] });
});

it('local-modules.js', async () => {
  const run = await runExample('local-modules.js');
  expect(run.lines).toEqual([]);
  expect(run.totals.counters).toMatchObject({
    iterations: 7,
    ws_sessions: 11,
    ws_msgs_sent: 19,
    ws_msgs_received: 19,
    'ws_sessions{step:buy}': 4,
  });
  expect(run.totals.trends['group_duration']?.count).toBe(11);
  expect(checksOf(run)).toEqual({ bought: [4, 0], 'bought the cheapest': [4, 0], watched: [3, 0] });
});

it('live-view.js', async () => {
  const run = await runExample('live-view.js');
  expect(run.lines).toEqual([]);
  expect(run.totals.counters).toMatchObject({ iterations: 4, http_reqs: 4, ws_sessions: 4, live_clicks: 12 });
  expect(run.totals.trends['live_joined']?.count).toBe(4);
  expect(checksOf(run)).toEqual({
    'page is there': [4, 0],
    'has a session': [4, 0],
    joined: [4, 0],
    'counts the clicks': [12, 0],
    connected: [4, 0],
  });
});

it('every example is tested', () => {
  const scripts = readdirSync(FOLDER).filter((file) => /\.(js|ts)$/.test(file));
  expect([...tested].toSorted()).toEqual(scripts.toSorted());
});
