// Measures the cost of workers: CPU of a million deliveries of one process, of --workers 1 and of two
// workers, and how evenly four workers get 10,000 connections.
//   WORKERS_TURNS=2 npm run bench -- workers
import { join } from 'node:path';
import { postUntil } from '../support/answered-poster.mjs';
import { freePorts } from '../support/daemon.mjs';
import { readIds } from '../support/gateway-requests.mjs';
import { median, startPinned } from '../support/pinned-process.mjs';
import { cpuSeconds } from '../support/process-tree.mjs';
import { encodePost } from '../support/raw-post.mjs';
import { startServed } from '../support/served-gateway.mjs';

export const name = 'workers';

const TURNS = Number(process.env.WORKERS_TURNS ?? 7);
/** Few enough for the kernel's buffers of clients that do not read. */
const CALLS = 2_000;
const WARM_UP_CALLS = 2_000;
const CLIENTS = 1_000;
const IN_FLIGHT = [16, 64, 128];
const BODY = '16 bytes of text';
/** The clients answer no pings. */
const IDLE_TIMEOUT_S = 960;
const FRAME_BYTES = 2 + BODY.length;
const REQUEST = encodePost({ path: '/send?room=a', type: 'text/plain', body: BODY });
const DIALS = 10_000;
const SPREAD_OVER = 4;
/** The share of each worker may differ from an equal one by this. */
const SPREAD_LIMIT = 0.03;
const SUBSCRIBERS = join(import.meta.dirname, '../support/subscribers.mjs');

const ONE = 'one process';
/** `limits` are multiples of one process, by requests in flight. */
const WAYS = [
  { title: ONE, args: [], limits: {} },
  { title: '--workers 1', args: ['--workers', '1'], limits: { 16: 1.02, 64: 1.02, 128: 1.02 } },
  { title: '--workers 2', args: ['--workers', '2'], limits: {} },
  { title: '--workers 2, internal listener', args: ['--workers', '2'], isInternal: true, limits: { 128: 1.3 } },
];

/** With `isInternal` posts go to a listener of the supervisor itself. */
async function startWay({ args, isInternal = false }) {
  const [internalPort] = await freePorts(1);
  const internal = isInternal ? { internal_listen_addr: `127.0.0.1:${internalPort}` } : {};
  const config = { idle_timeout_s: IDLE_TIMEOUT_S, ...internal };
  const server = await startServed(config, args);
  const clients = await startPinned(SUBSCRIBERS, [server.port, server.port]);
  await clients.ask({ do: 'connect', clients: CLIENTS });
  return {
    server,
    sendPort: isInternal ? internalPort : server.port,
    clients,
    stop: () => clients.stop().then(() => server.stop()),
  };
}

/**
 * CPU seconds of a million deliveries while no client runs: the kernel keeps what they have not read,
 * so that both cores are the server's and the posters'.
 */
async function sample({ server, sendPort, clients }, inFlight, calls) {
  const pids = server.pids();
  clients.freeze();
  const before = cpuSeconds(pids);
  const isOver = (posted) => posted >= calls;
  const posted = await postUntil({ port: sendPort, request: REQUEST, inFlight, isOver });
  const cpuS = cpuSeconds(pids) - before;
  clients.thaw();
  const wanted = posted.calls * CLIENTS * FRAME_BYTES;
  const { total } = await clients.ask({ do: 'read', bytes: wanted });
  if (total !== wanted) throw new Error(`clients got ${total} of ${wanted} bytes with ${inFlight} in flight`);
  const deliveries = posted.calls * CLIENTS;
  return { cpuS: (cpuS * 1e6) / deliveries, perSecond: deliveries / posted.seconds };
}

function rowOf({ title, limits }, inFlight, samples) {
  const of = (way) => samples.get(way).get(inFlight);
  const ratio = median(of(title).map(({ cpuS }, turn) => cpuS / of(ONE)[turn].cpuS));
  const limit = limits[inFlight];
  return {
    server: title,
    'in flight': inFlight,
    'CPU-s per million': median(of(title).map(({ cpuS }) => cpuS)).toFixed(3),
    'of one process': title === ONE ? '' : ratio.toFixed(2),
    wanted: limit === undefined ? '' : `at most ${limit}${ratio <= limit ? '' : ' missed'}`,
    'deliveries/s': `${(median(of(title).map(({ perSecond }) => perSecond)) / 1000).toFixed(0)} k`,
  };
}

async function takeTurn(running, samples) {
  for (const inFlight of IN_FLIGHT) {
    for (const [title, one] of running) {
      const taken = samples.get(title).get(inFlight);
      taken.push(await sample(one, inFlight, CALLS));
    }
  }
}

/** The ways take turns, so that whatever else the machine does meets them alike. */
async function costRows() {
  const running = new Map();
  const samples = new Map(WAYS.map(({ title }) => [title, new Map(IN_FLIGHT.map((inFlight) => [inFlight, []]))]));
  try {
    for (const way of WAYS) running.set(way.title, await startWay(way));
    for (const one of running.values()) await sample(one, IN_FLIGHT[0], WARM_UP_CALLS);
    for (let turn = 0; turn < TURNS; turn += 1) await takeTurn(running, samples);
  } finally {
    for (const one of running.values()) await one.stop();
  }
  return IN_FLIGHT.flatMap((inFlight) => WAYS.map((way) => rowOf(way, inFlight, samples)));
}

/** The worker is the byte before the node, which ends the id. */
function workerOf(id) {
  return Number.parseInt(id.slice(-6, -4), 16);
}

async function spreadNote() {
  const server = await startServed({}, ['--workers', String(SPREAD_OVER)]);
  const clients = await startPinned(SUBSCRIBERS, [server.port, server.port]);
  try {
    await clients.ask({ do: 'connect', clients: DIALS });
    const counts = new Map();
    for (const id of await readIds(server.port)) counts.set(workerOf(id), (counts.get(workerOf(id)) ?? 0) + 1);
    const shares = [...counts.values()].map((count) => count / DIALS);
    const isEven =
      shares.length === SPREAD_OVER && shares.every((share) => Math.abs(share - 1 / SPREAD_OVER) <= SPREAD_LIMIT);
    const text = shares.map((share) => `${(share * 100).toFixed(1)} %`).join(', ');
    return `${DIALS.toLocaleString('en')} connections over ${SPREAD_OVER} workers: ${text}; wanted: each within ${SPREAD_LIMIT * 100} points of ${100 / SPREAD_OVER} %${isEven ? '' : ' missed'}.`;
  } finally {
    await clients.stop();
    await server.stop();
  }
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const rows = await costRows();
  return {
    title: `Worker processes: POST of ${BODY.length} bytes to ${CLIENTS.toLocaleString('en')} clients`,
    rows,
    notes: [
      await spreadNote(),
      `Server and posters share the machine's cores; ${TURNS} turns of ${CALLS.toLocaleString('en')} calls each, one server after the other; medians. The clients are stopped meanwhile and read afterwards. CPU is user and system time of all processes of a server; the ratio is the median of the turns.`,
    ],
  };
}
