import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BALANCE_COUNTERS } from '../../src/run-file/records.js';
import { runScript, type ScriptRun } from '../support/script-run.js';

const FOLDER = fileURLToPath(new URL('../../examples/k6-scripts/', import.meta.url));

/** The server of the examples. */
let server: ChildProcessByStdio<null, Readable, null>;
let host = '';

beforeAll(async () => {
  const args = [`${FOLDER}server.mjs`, '0'];
  server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(server.stdout, 'data');
  host = `127.0.0.1:${/^listening on (\d+)/.exec(String(line))?.[1]}`;
});

afterAll(async () => {
  server.kill();
  await once(server, 'close');
});

const tested = new Set<string>();

function runExample(file: string): Promise<ScriptRun> {
  tested.add(file);
  const env = {
    WSG_URL: `ws://${host}/connect`,
    HTTP_URL: `http://${host}`,
    REFUSING_URL: `ws://${host}/refusing`,
    GRAPHQL_URL: `ws://${host}/graphql`,
    LIVE_URL: `http://${host}/counter`,
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
  // A tick that was under way when the session closed comes back too. It is counted apart and reaches no handler.
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

it('every example is tested, and described in the README', () => {
  const scripts = readdirSync(FOLDER).filter((file) => /\.(js|ts)$/.test(file));
  expect([...tested].toSorted()).toEqual(scripts.toSorted());
  const readme = readFileSync(`${FOLDER}README.md`, 'utf8');
  const rows = [...readme.matchAll(/^\| `([^`]+\.[jt]s)` \|/gm)].map(([, file]) => file);
  expect(rows).toEqual(scripts.toSorted());
});

it('every example finds the server of the examples by itself', () => {
  for (const script of tested) {
    const text = readFileSync(`${FOLDER}${script}`, 'utf8');
    const addresses = text.match(/\b(?:http|ws):\/\/127\.0\.0\.1[^/']*/g) ?? [];
    expect(addresses.length, script).toBeGreaterThan(0);
    for (const address of addresses) expect(address, script).toMatch(/:5000$/);
  }
});
