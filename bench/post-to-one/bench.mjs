// Server CPU of a POST to one client of 50 with 16 in flight, and the milliseconds until the client
// has it with one in flight, also over TLS.
//   POST_TO_ONE_TURNS=2 npm run bench -- post-to-one
import { peerMissing } from '../support/broadcast-peers.mjs';
import { flood, isGateway, startFlooded } from '../support/flooded-server.mjs';
import { setTags } from '../support/gateway-requests.mjs';
import { median } from '../support/pinned-process.mjs';
import { encodePost } from '../support/raw-post.mjs';
import { createTlsFiles } from '../support/tls-files.mjs';

export const name = 'post-to-one';

const CLIENTS = 50;
const BODY = '16 bytes of text';
const FRAME_BYTES = 2 + BODY.length;
const IN_FLIGHT = 16;
const TURNS = Number(process.env.POST_TO_ONE_TURNS ?? 7);
const MEASURED_MS = 400;
const WARM_UP_MS = 1500;
const POSTS_ONE_BY_ONE = 1000;
const WS_LIMIT_US = 27;
const NCHAN_TLS_LIMIT = 1.3;
const MICROSECONDS = 1e6;

const byId = ({ ids }) => ids.map((id) => ({ query: `id=${id}` }));
const byTag = ({ ids }) => ids.map((_, index) => ({ query: `user=u${index}` }));
const byNumber = () => Array.from({ length: CLIENTS }, (_, client) => ({ client }));

/** `targets`: what names each of the clients. */
const WAYS = [
  { title: 'wsg on ws, id', kind: 'wsg on ws', targets: byId, limitUs: WS_LIMIT_US },
  { title: 'wsg on ws, a tag of its own', kind: 'wsg on ws', targets: byTag, limitUs: WS_LIMIT_US },
  { title: 'wsg on uws, id', kind: 'wsg on uws', targets: byId },
  { title: 'wsg on uws, a tag of its own', kind: 'wsg on uws', targets: byTag },
  { title: 'bare uWS', kind: 'bare uWS', targets: byNumber },
  { title: 'bare ws', kind: 'bare ws', targets: byNumber },
  { title: 'nchan, a channel of its own', kind: 'nchan', targets: byNumber },
];
const TLS_WAYS = WAYS.filter(({ title }) => !title.startsWith('bare')).map((way) => ({ ...way, limitUs: undefined }));

/** Each of the gateway's connections carries one tag for all and one of its own. */
async function startServer(kind, tls) {
  const path = kind === 'nchan' ? '/connect-one?client=' : '/connect';
  const one = await startFlooded(kind, { clients: CLIENTS, path, tags: 'room=a', tls });
  for (const [index, id] of one.ids.entries()) {
    await setTags(one.server.port, `user=u${index}`, { query: `id=${id}`, isTls: one.isTls });
  }
  return one;
}

function requestsOf(one, { targets }) {
  return targets(one)
    .map(({ query, client }) => (query ? one.server.request(BODY, query) : one.server.requestToOne(BODY, client)))
    .map((request) => encodePost(request).toString('latin1'));
}

/** One turn of one way: CPU with many in flight, times with one. */
async function sample(one, way, ms) {
  const requests = requestsOf(one, way);
  const flooded = await flood(one, { requests, inFlight: IN_FLIGHT, ms, frameBytes: FRAME_BYTES, isToOne: true });
  if (flooded === undefined) throw new Error(`${way.title}: a message was lost`);
  const question = { do: 'oneByOne', requests, posts: POSTS_ONE_BY_ONE, frameBytes: FRAME_BYTES };
  const { latencies } = await one.clients.ask(question);
  if (latencies.length < POSTS_ONE_BY_ONE) throw new Error(`${way.title}: a message did not arrive`);
  return {
    cpuUs: (flooded.cpuS * MICROSECONDS) / flooded.posts,
    perSecond: flooded.posts / flooded.seconds,
    latencies,
  };
}

/** Turns of all ways, one after the other; the first only warms up. */
async function takeTurns(servers, ways) {
  const samples = new Map(ways.map(({ title }) => [title, []]));
  for (const way of ways) await sample(servers.get(way.kind), way, WARM_UP_MS);
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const way of ways) samples.get(way.title).push(await sample(servers.get(way.kind), way, MEASURED_MS));
  }
  return samples;
}

async function takeSamples(ways, tls) {
  const servers = new Map();
  try {
    for (const kind of new Set(ways.map((way) => way.kind))) servers.set(kind, await startServer(kind, tls));
    return await takeTurns(servers, ways);
  } finally {
    for (const one of servers.values()) await one.stop();
  }
}

/** The value that a share of the values does not exceed. */
function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1];
}

function wantedOf({ kind, limitUs }, cpuUs, nchanUs) {
  if (limitUs !== undefined) return `at most ${limitUs} us${cpuUs <= limitUs ? '' : ' missed'}`;
  if (nchanUs === undefined || !isGateway(kind)) return '';
  return `at most ${NCHAN_TLS_LIMIT} of nchan over TLS${cpuUs <= NCHAN_TLS_LIMIT * nchanUs ? '' : ' missed'}`;
}

function rowsOf(samples, ways, isTls) {
  const cpuOf = (title) => (samples.has(title) ? median(samples.get(title).map(({ cpuUs }) => cpuUs)) : undefined);
  const nchanUs = isTls ? cpuOf('nchan, a channel of its own') : undefined;
  return ways.map((way) => {
    const taken = samples.get(way.title);
    const latencies = taken.flatMap((one) => one.latencies);
    const cpuUs = cpuOf(way.title);
    return {
      server: isTls ? `${way.title}, TLS` : way.title,
      [`CPU us a POST, ${IN_FLIGHT} in flight`]: cpuUs.toFixed(1),
      wanted: wantedOf(way, cpuUs, nchanUs),
      'POSTs/s': `${(median(taken.map(({ perSecond }) => perSecond)) / 1000).toFixed(1)} k`,
      'p50 ms, 1 in flight': quantile(latencies, 0.5).toFixed(3),
      'p99 ms': quantile(latencies, 0.99).toFixed(3),
    };
  });
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const there = ({ kind }) => peerMissing(kind) === undefined;
  const [plain, secure] = [WAYS.filter(there), TLS_WAYS.filter(there)];
  const rows = rowsOf(await takeSamples(plain), plain, false);
  const tls = createTlsFiles();
  try {
    rows.push(...rowsOf(await takeSamples(secure, tls), secure, true));
  } finally {
    tls.remove();
  }
  return {
    title: `POST of ${BODY.length} bytes to one of ${CLIENTS} clients`,
    rows,
    notes: [
      `Server on one core, clients and posters on the other; ${TURNS} turns of ${MEASURED_MS} ms with ${IN_FLIGHT} in flight and of ${POSTS_ONE_BY_ONE} POSTs one after the other; medians of the turns, quantiles of all POSTs.`,
      'Each POST goes to the next client in turn, and as many messages must arrive as were posted. CPU is user and system time of all of a server, the answer to the POST included.',
      'Milliseconds are those from the POST until the client has read the message, in one process that posts and reads.',
      ...['nchan'].map(peerMissing).filter((text) => text !== undefined),
    ],
  };
}
