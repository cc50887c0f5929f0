// Server CPU for a million deliveries of POSTs of 16 bytes to 50, 1,000 and 5,000 clients, beside
// bare uWebSockets.js, bare ws, nchan, pushpin and Centrifugo (CENTRIFUGO_BIN).
//   FAN_OUT_ONLY=8x16,50x1 FAN_OUT_TURNS=3 npm run bench -- fan-out     these numbers of clients and requests in flight only
import { peerMissing } from '../support/broadcast-peers.mjs';
import { flood, isGateway, startFlooded } from '../support/flooded-server.mjs';
import { distinctQueries } from '../support/gateway-requests.mjs';
import { median } from '../support/pinned-process.mjs';
import { encodePost } from '../support/raw-post.mjs';

export const name = 'fan-out';

const BODY = '16 bytes of text';
const FRAME_BYTES = 2 + BODY.length;
/** Numbers of clients, each with the requests in flight. */
const DEFAULT_CASES = '50x1,50x16,750x1,750x16,1000x1,1000x16,1000x40,1000x128,5000x1,5000x16';
const CASES = (process.env.FAN_OUT_ONLY ?? DEFAULT_CASES).split(',').map((text) => text.split('x').map(Number));
const TURNS = Number(process.env.FAN_OUT_TURNS ?? 5);
const MEASURED_MS = 300;
const WARM_UP_MS = 1000;
/** A head of the gateway holds 32 KiB: some 800 ids. */
const MOST_IDS = 800;
/** So slow that more would take minutes. */
const MOST_PUSHPIN_CLIENTS = 50;
/** The size at which lists of ids are compared with one pair; the peers take no part. */
const IDS_SIZE = 750;

const BARE_UWS = 'bare uWS';
const NCHAN = 'nchan';
const CENTRIFUGO = 'Centrifugo';
/**
 * The most that one pair may cost, as a multiple of bare uWS at the same number of clients and
 * requests in flight.
 */
const PAIR_LIMITS = {
  'wsg on ws': { '50x1': 1.5, '50x16': 1.4, '1000x1': 1.35, '1000x16': 1.2, '1000x40': 0.15, '1000x128': 0.07 },
  'wsg on uws': { '50x1': 1.15, '50x16': 1.15, '1000x1': 1.15, '1000x16': 1.15, '5000x1': 1.15, '5000x16': 1.15 },
};
/** The most that other selectors may cost, as a multiple of one pair. */
const OTHER_LIMIT = 1.5;
const NCHAN_LIMIT = 0.5;

/** Requests to a gateway: `queries` are selectors. */
const SELECTORS = [
  { title: 'one pair', queries: () => ['room=a'] },
  { title: 'two pairs', queries: () => ['room=a&side=b'] },
  { title: 'all', queries: () => ['all=true'] },
  { title: 'ids', queries: ({ ids }) => [`id=${ids.join(',')}`], most: MOST_IDS },
  { title: 'ids, never the same list', queries: distinctQueries, most: MOST_IDS },
];
const GATEWAYS = ['wsg on ws', 'wsg on uws'];
const WAYS = [
  ...GATEWAYS.flatMap((kind) =>
    SELECTORS.map((selector) => ({ ...selector, kind, selector: selector.title, title: `${kind}, ${selector.title}` })),
  ),
  { title: BARE_UWS, kind: 'bare uWS' },
  { title: 'bare ws', kind: 'bare ws' },
  { title: NCHAN, kind: 'nchan' },
  { title: 'pushpin', kind: 'pushpin', most: MOST_PUSHPIN_CLIENTS },
  { title: CENTRIFUGO, kind: CENTRIFUGO },
];

function waysFor(size) {
  const only = process.env.FAN_OUT_WAYS?.split(';');
  return WAYS.filter(({ title, kind, most = Infinity }) => {
    if (size === IDS_SIZE && !isGateway(kind)) return false;
    return size <= most && peerMissing(kind) === undefined && (only === undefined || only.includes(title));
  });
}

/** Floods a server for a moment: what a delivery cost it; undefined when a peer lost something. */
async function sample(pair, { queries }, { size, inFlight, ms }) {
  const requests = (queries?.(pair) ?? [undefined]).map((query) =>
    encodePost(pair.server.request(BODY, query)).toString('latin1'),
  );
  const taken = await flood(pair, { requests, inFlight, ms, frameBytes: pair.frameBytes });
  if (taken === undefined) return undefined;
  const deliveries = taken.posts * size;
  return { cpuS: (taken.cpuS * 1e6) / deliveries, perSecond: deliveries / taken.seconds };
}

/**
 * Short turns of all, one after the other, so that whatever else the machine does meets them alike.
 * A peer that lost something takes no further part.
 */
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

/**
 * The requirement of a row, and whether it holds. `cpu` has the cost of each way, undefined if it
 * was not measured.
 */
function wantedOf({ kind, selector }, { size, inFlight, cpu, cheapest }) {
  const own = cpu(`${kind}, ${selector}`);
  const limits =
    selector === 'one pair'
      ? [
          ['bare uWS', PAIR_LIMITS[kind][`${size}x${inFlight}`], cpu(BARE_UWS)],
          ['nchan', inFlight === 16 ? NCHAN_LIMIT : undefined, cpu(NCHAN)],
          ['fewer in flight', inFlight > 1 ? 1 : undefined, cheapest],
        ]
      : [['one pair', OTHER_LIMIT, cpu(`${kind}, one pair`)]];
  return limits
    .filter(([, limit, base]) => limit !== undefined && base !== undefined)
    .map(([of, limit, base]) => `at most ${limit} of ${of}${own <= limit * base ? '' : ' missed'}`)
    .join('; ');
}

/** `cheapest` keeps the least that one pair has cost with fewer requests in flight. */
function rowsOf(samples, { size, inFlight }, cheapest) {
  const cpu = (title) =>
    samples.get(title)?.length > 0 ? median(samples.get(title).map(({ cpuS }) => cpuS)) : undefined;
  const ratio = (title, to) => (cpu(to) === undefined ? '' : (cpu(title) / cpu(to)).toFixed(2));
  return [...samples.keys()].map((title) => {
    if (cpu(title) === undefined) return lossRow(title, size, inFlight);
    const way = WAYS.find((one) => one.title === title);
    const isOurs = isGateway(way.kind);
    const wanted = isOurs ? wantedOf(way, { size, inFlight, cpu, cheapest: cheapest.get(title) }) : '';
    cheapest.set(title, Math.min(cpu(title), cheapest.get(title) ?? Infinity));
    return {
      clients: size,
      'in flight': inFlight,
      server: title,
      'CPU-s per million': cpu(title).toFixed(3),
      'of bare uWS': ratio(title, BARE_UWS),
      'of nchan': ratio(title, NCHAN),
      'of Centrifugo': ratio(title, CENTRIFUGO),
      'of one pair': isOurs ? ratio(title, `${way.kind}, one pair`) : '',
      wanted,
      'deliveries/s': `${(median(samples.get(title).map(({ perSecond }) => perSecond)) / 1000).toFixed(0)} k`,
    };
  });
}

/** The row of a peer that did not deliver everything; its cost would be that of less work. */
function lossRow(title, size, inFlight) {
  return { clients: size, 'in flight': inFlight, server: title, 'CPU-s per million': 'lost messages' };
}

/** The bytes that a client gets of a message: the frame itself, or with the envelope of its server. */
async function frameBytesOf({ kind, server, clients }) {
  if (kind !== CENTRIFUGO) return FRAME_BYTES;
  const request = encodePost(server.request(BODY)).toString('latin1');
  return (await clients.ask({ do: 'frameSizes', request })).first;
}

async function measureSize(size) {
  const rows = [];
  const pairs = {};
  const cheapest = new Map();
  try {
    for (const kind of new Set(waysFor(size).map((way) => way.kind))) {
      pairs[kind] = await startFlooded(kind, { clients: size, tags: 'room=a&side=b' });
      pairs[kind].frameBytes = await frameBytesOf(pairs[kind]);
    }
    for (const [, inFlight] of CASES.filter(([wanted]) => wanted === size)) {
      rows.push(...rowsOf(await takeSamples(pairs, size, inFlight), { size, inFlight }, cheapest));
    }
  } finally {
    for (const pair of Object.values(pairs)) await pair.stop();
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
      `Ids are named in the query, which the gateway's limit of 32 KiB for a request's head bounds to some ${MOST_IDS}: at 1,000 clients or more that row is missing, and ${IDS_SIZE} clients are measured for it, without the peers.`,
      'Deliveries a second of a core are the reciprocal of the CPU time: 8 million are 0.125 CPU-s per million.',
      `pushpin takes part up to ${MOST_PUSHPIN_CLIENTS} clients.`,
      'Deliveries a second are bounded by what one process of clients can read.',
      'Centrifugo 6.9.1 delivers to its unidirectional WebSocket, whose frames are JSON around the message.',
      ...['nchan', 'pushpin', CENTRIFUGO].map(peerMissing).filter((text) => text !== undefined),
    ],
  };
}
