// Measures messages per CPU-second of wsg with a k6 script that handles each message, of bare ws,
// and of k6 if K6_BIN is set.
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startPinned } from '../support/pinned-process.mjs';
import { processTree, residentBytes } from '../support/process-tree.mjs';
import { clientNames, startClient } from './clients.mjs';

export const name = 'scripts';

const here = import.meta.dirname;
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const SETTLE_MS = 1500;
const CONNECT_TIMEOUT_MS = 60_000;
const SHORT_SECONDS = 2;
const LONG_SECONDS = 6;

const one = { server: ['send', 1], behaviour: 'receive' };
const merged = { server: ['send', 50], behaviour: 'receive' };
const LOADS = [
  { title: '(i) one message a segment, 50 k/s offered', ...one, everyMs: 2, vus: 100, wanted: 0.5 },
  { title: '(i) one message a segment, 50 k/s offered', ...one, everyMs: 20, vus: 1000, wanted: 0.5 },
  { title: '(ii) 50 merged into one segment, 1 M/s offered', ...merged, everyMs: 5, vus: 100, wanted: 0.2 },
  { title: '(ii) 50 merged into one segment, 1 M/s offered', ...merged, everyMs: 50, vus: 1000, wanted: 0.2 },
  { title: 'ping-pong, one message in flight each', server: ['echo'], behaviour: 'ping-pong', vus: 100, wanted: 0.6 },
  { title: 'ping-pong, one message in flight each', server: ['echo'], behaviour: 'ping-pong', vus: 1000, wanted: 0.6 },
];
const HELD = 10_000;
const HELD_LIMIT = { megabytes: 500, seconds: 20 };

async function withClient(client, load, use) {
  const server = await startPinned(join(here, 'server.mjs'), [...load.server, load.everyMs ?? ''], { core: 0 });
  try {
    const startedMs = performance.now();
    const url = `ws://127.0.0.1:${server.first}/`;
    const { pid, result } = startClient(client, { ...load, url, core: 1 });
    await Promise.race([
      result.then(() => failed(`${client} ended before it was measured`)),
      connected(server, load.vus),
    ]);
    const figures = await use({ server, pid, connectedMs: performance.now() - startedMs });
    const { wrong, messages, cpuS } = await result;
    if (wrong > 0) failed(`${client} took ${wrong} messages for wrong`);
    return { ...figures, messages, cpuS };
  } finally {
    await server.stop();
  }
}

function failed(text) {
  throw new Error(text);
}

async function connected(server, vus) {
  const deadlineMs = performance.now() + CONNECT_TIMEOUT_MS;
  while ((await server.ask('how many')).connections < vus) {
    if (performance.now() > deadlineMs) failed(`not all of ${vus} connections came within ${CONNECT_TIMEOUT_MS} ms`);
    await wait(20);
  }
}

/**
 * Messages that the client handled for each second of CPU, once all are connected: what a long run
 * has more than a short one. What the server sent would count what waits in the system's buffers
 * for a client that falls behind. k6 hardly costs anything to start, and where it falls behind the
 * long run handles no more than the short one: of it the whole long run is taken.
 */
async function measureLoad(client, load) {
  if (client === 'k6') {
    const { messages, cpuS } = await withClient(client, { ...load, seconds: LONG_SECONDS }, nothing);
    return { perCpuS: messages / cpuS, perS: messages / LONG_SECONDS, cpuUse: cpuS / LONG_SECONDS };
  }
  const short = await withClient(client, { ...load, seconds: SHORT_SECONDS }, nothing);
  const long = await withClient(client, { ...load, seconds: LONG_SECONDS }, nothing);
  const cpuS = long.cpuS - short.cpuS;
  const messages = long.messages - short.messages;
  const seconds = LONG_SECONDS - SHORT_SECONDS;
  return { perCpuS: messages / cpuS, perS: messages / seconds, cpuUse: cpuS / seconds };
}

function nothing() {
  return {};
}

/**
 * Memory of a client whose connections are all open and idle, and how long it took from its start.
 */
function measureHeld(client) {
  return withClient(
    client,
    { server: ['hold'], behaviour: 'hold', vus: HELD, seconds: 20 },
    async ({ pid, connectedMs }) => {
      await wait(SETTLE_MS);
      return { bytes: residentBytes(processTree(pid)), connectedMs };
    },
  );
}

function medianBy(results, key) {
  return results.toSorted((a, b) => a[key] - b[key])[Math.floor(results.length / 2)];
}

/** A, B, A, B: what the machine does beside it meets all alike. */
async function interleaved(measureOne) {
  const results = new Map(clientNames().map((client) => [client, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [client, list] of results) list.push(await measureOne(client));
  }
  return results;
}

async function loadRow(load) {
  const results = await interleaved((client) => measureLoad(client, load));
  const of = (client) => medianBy(results.get(client), 'perCpuS');
  const thousands = (value) => `${Math.round(value / 1000)} k`;
  const ratio = of('wsg').perCpuS / of('ws').perCpuS;
  return {
    load: load.title,
    'virtual users': load.vus,
    'wsg, messages a CPU-second': thousands(of('wsg').perCpuS),
    'bare ws': thousands(of('ws').perCpuS),
    ...(results.has('k6') ? { k6: thousands(of('k6').perCpuS) } : {}),
    'wsg to ws': ratio.toFixed(2),
    ...(results.has('k6') ? { 'wsg to k6': (of('wsg').perCpuS / of('k6').perCpuS).toFixed(2) } : {}),
    wanted: `at least ${load.wanted.toFixed(2)}${ratio >= load.wanted ? '' : ', missed'}`,
    'received a second': thousands(of('wsg').perS),
    'core used': `${Math.round(of('wsg').cpuUse * 100)} %`,
  };
}

async function heldRow() {
  const results = await interleaved(measureHeld);
  const cell = (client) => {
    const { bytes, connectedMs } = medianBy(results.get(client), 'bytes');
    return `${Math.round(bytes / 1e6)} MB, ${(connectedMs / 1000).toFixed(1)} s`;
  };
  const { bytes, connectedMs } = medianBy(results.get('wsg'), 'bytes');
  const holds = bytes < HELD_LIMIT.megabytes * 1e6 && connectedMs < HELD_LIMIT.seconds * 1000;
  return {
    load: 'connected and idle: memory, and time from the start until all are connected',
    'virtual users': HELD,
    'wsg, messages a CPU-second': cell('wsg'),
    'bare ws': cell('ws'),
    ...(results.has('k6') ? { k6: cell('k6') } : {}),
    wanted: `under ${HELD_LIMIT.megabytes} MB and ${HELD_LIMIT.seconds} s${holds ? '' : ', missed'}`,
  };
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const rows = [];
  for (const load of LOADS) rows.push(await loadRow(load));
  rows.push(await heldRow());
  return {
    title: 'What scripts cost',
    rows,
    notes: [
      `A script with a check a message and all metrics, as \`wsg loadtest SCRIPT\` runs it; medians of ${ROUNDS} interleaved turns. Server on core 0, the client's whole process on core 1.`,
      `Messages as the client counts them, CPU as the system does; start and end are left out: a run of ${LONG_SECONDS} s less one of ${SHORT_SECONDS} s (of k6 the whole run). Bare ws: each message decoded to a string and compared with the two expected ones. k6 runs the same script files where K6_BIN names it.`,
    ],
  };
}

if (process.argv[1] === import.meta.filename) console.table((await measure()).rows);
