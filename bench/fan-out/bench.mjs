// Server CPU for a million deliveries of POSTs of 16 bytes to 50, 1,000 and 5,000 clients, beside bare uWebSockets.js, bare ws, nchan and pushpin.
//   FAN_OUT_ONLY=8x16,50x1 FAN_OUT_TURNS=3 npm run bench -- fan-out     these numbers of clients and requests in flight only
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { peerMissing, startPeer } from '../support/broadcast-peers.mjs';
import { median, startPinned } from '../support/pinned-process.mjs';
import { cpuSeconds } from '../support/process-tree.mjs';
import { encodePost } from '../support/raw-post.mjs';
import { distinctQueries, readIds, setTags } from '../support/gateway-requests.mjs';

export const name = 'fan-out';

const BODY = '16 bytes of text';
const FRAME_BYTES = 2 + BODY.length;
const SIZES = [50, 1000, 5000];
const IN_FLIGHT = [1, 16];
/** Pairs of number of clients and requests in flight. */
const CASES =
  process.env.FAN_OUT_ONLY?.split(',').map((text) => text.split('x').map(Number)) ??
  SIZES.flatMap((size) => IN_FLIGHT.map((inFlight) => [size, inFlight]));
const TURNS = Number(process.env.FAN_OUT_TURNS ?? 5);
const MEASURED_MS = 300;
const WARM_UP_MS = 1000;
/** A head of the gateway holds 32 KiB: some 800 ids. */
const MOST_IDS = 800;
/** So slow that more would take minutes. */
const MOST_PUSHPIN_CLIENTS = 50;
const PAIR_LIMIT = 1.15;
const OTHER_LIMIT = 1.6;
const NCHAN_LIMIT = 0.5;

const ONE_PAIR = 'wsg, one pair';
const BARE_UWS = 'bare uWS';
const NCHAN = 'nchan';
/** What is asked of each server: `query` is a selector of the gateway's. */
const WAYS = [
  { title: ONE_PAIR, kind: 'wsg on uws', queries: () => ['room=a'], limit: PAIR_LIMIT },
  { title: 'wsg, two pairs', kind: 'wsg on uws', queries: () => ['room=a&side=b'], limit: OTHER_LIMIT },
  { title: 'wsg, all', kind: 'wsg on uws', queries: () => ['all=true'] },
  {
    title: 'wsg, ids',
    kind: 'wsg on uws',
    queries: ({ ids }) => [`id=${ids.join(',')}`],
    most: MOST_IDS,
    limit: OTHER_LIMIT,
  },
  {
    title: 'wsg, ids, never the same list',
    kind: 'wsg on uws',
    queries: distinctQueries,
    most: MOST_IDS,
    limit: OTHER_LIMIT,
  },
  { title: 'wsg on ws, one pair', kind: 'wsg on ws', queries: () => ['room=a'] },
  { title: BARE_UWS, kind: 'bare uWS' },
  { title: 'bare ws', kind: 'bare ws' },
  { title: NCHAN, kind: 'nchan' },
  { title: 'pushpin', kind: 'pushpin', most: MOST_PUSHPIN_CLIENTS },
];

function waysFor(size) {
  const only = process.env.FAN_OUT_WAYS?.split(';');
  return WAYS.filter(({ title, kind, most = Infinity }) => {
    return size <= most && peerMissing(kind) === undefined && (only === undefined || only.includes(title));
  });
}

/** A server with its clients, all connected and, with the gateway, tagged. */
async function startPair(kind, size) {
  const server = await startPeer(kind, 0);
  try {
    const core = availableParallelism() > 1 ? 1 : undefined;
    const script = join(import.meta.dirname, '../support/subscribers.mjs');
    const clients = await startPinned(script, [server.port, server.sendPort], { core });
    await clients.ask({ do: 'connect', clients: size });
    const isGateway = kind.startsWith('wsg');
    if (isGateway) await setTags(server.port, 'room=a&side=b');
    const ids = isGateway ? await readIds(server.port) : [];
    return { server, clients, ids, pids: server.pids() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Floods a server for a moment: what a delivery cost it; undefined when a peer lost something. Throws when the gateway did. */
async function sample({ server, clients, pids, ids }, { title, kind, queries }, { size, inFlight, ms }) {
  const requests = (queries?.({ ids }) ?? [undefined]).map((query) =>
    encodePost(server.request(BODY, query)).toString('latin1'),
  );
  const before = cpuSeconds(pids);
  const answer = await clients.ask({ do: 'flood', requests, inFlight, ms, frameBytes: FRAME_BYTES });
  const millions = (answer.posts * size) / 1e6;
  if (!answer.isComplete) {
    if (kind.startsWith('wsg')) {
      throw new Error(`${title}: not every client got all ${answer.posts} messages. ${answer.refused}`);
    }
    return undefined;
  }
  return { cpuS: (cpuSeconds(pids) - before) / millions, perSecond: (millions * 1e6) / answer.seconds };
}

/** Short turns of all, one after the other, so that whatever else the machine does meets them alike. A peer that lost something takes no further part. */
async function takeSamples(pairs, size, inFlight) {
  const ways = new Set(waysFor(size));
  const samples = new Map([...ways].map(({ title }) => [title, []]));
  for (let turn = -1; turn < TURNS; turn += 1) {
    const ms = turn < 0 ? WARM_UP_MS : MEASURED_MS;
    for (const way of ways) {
      const taken = await sample(pairs[way.kind], way, { size, inFlight, ms });
      if (taken === undefined) {
        ways.delete(way);
        samples.set(way.title, []);
      } else if (turn >= 0) samples.get(way.title).push(taken);
    }
  }
  return samples;
}

function verdict(ratio, limit) {
  if (limit === undefined || ratio === undefined) return '';
  return `at most ${limit}${ratio <= limit ? '' : ' missed'}`;
}

function rowsOf(samples, size, inFlight) {
  const cpu = (title) =>
    samples.get(title)?.length > 0 ? median(samples.get(title).map(({ cpuS }) => cpuS)) : undefined;
  const ratio = (title, to) => (cpu(to) === undefined ? undefined : cpu(title) / cpu(to));
  return [...samples.keys()].map((title) => {
    if (cpu(title) === undefined) return lossRow(title, size, inFlight);
    const way = WAYS.find((one) => one.title === title);
    const toUws = ratio(title, BARE_UWS);
    const toNchan = ratio(title, NCHAN);
    return {
      clients: size,
      'in flight': inFlight,
      server: title,
      'CPU-s per million': cpu(title).toFixed(3),
      'of bare uWS': toUws?.toFixed(2) ?? '',
      wanted: verdict(toUws, way.limit),
      'of nchan': toNchan?.toFixed(2) ?? '',
      'wanted, 16 in flight': inFlight === 16 && title === ONE_PAIR ? verdict(toNchan, NCHAN_LIMIT) : '',
      'deliveries/s': `${(median(samples.get(title).map(({ perSecond }) => perSecond)) / 1000).toFixed(0)} k`,
    };
  });
}

/** What is shown of a peer that did not deliver everything: its cost would be that of less work. */
function lossRow(title, size, inFlight) {
  return {
    clients: size,
    'in flight': inFlight,
    server: title,
    'CPU-s per million': 'lost messages',
    'of bare uWS': '',
    wanted: '',
    'of nchan': '',
    'wanted, 16 in flight': '',
    'deliveries/s': '',
  };
}

async function measureSize(size) {
  const rows = [];
  const pairs = {};
  try {
    for (const kind of new Set(waysFor(size).map((way) => way.kind))) pairs[kind] = await startPair(kind, size);
    for (const [, inFlight] of CASES.filter(([wanted]) => wanted === size)) {
      rows.push(...rowsOf(await takeSamples(pairs, size, inFlight), size, inFlight));
    }
  } finally {
    for (const { server, clients } of Object.values(pairs)) await Promise.all([clients.stop(), server.stop()]);
  }
  return rows;
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const rows = [];
  for (const size of new Set(CASES.map(([wanted]) => wanted))) rows.push(...(await measureSize(size)));
  return {
    title: `POST of ${BODY.length} bytes to N clients`,
    rows,
    notes: [
      `Server on one core, clients and posters on the other; ${TURNS} turns of ${MEASURED_MS} ms each, one server after the other; medians. CPU is user and system time of all of a server's processes.`,
      "Each client counts: a byte that one of the gateway's lacks ends the bench, and a peer that lost something is not measured on.",
      'Bare uWS is app.publish on a POST. All connections carry both pairs. The gateway does the whole of /send: access, selector, count.',
      `Ids are named in the query, which the gateway's limit of 32 KiB for a request's head bounds to some ${MOST_IDS}: at 1,000 clients or more there is no such row.`,
      `pushpin takes part up to ${MOST_PUSHPIN_CLIENTS} clients.`,
      'Deliveries a second are bounded by what one process of clients can read.',
      ...['nchan', 'pushpin'].map(peerMissing).filter((text) => text !== undefined),
    ],
  };
}
