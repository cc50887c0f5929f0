// Server CPU of a message to one client: as a POST of its own with 16 in flight, and as one of 1,000
// in a POST /batch with one in flight, as NDJSON and framed.
//   BATCH_TURNS=2 npm run bench -- batch
import { flood, startFlooded } from '../support/flooded-server.mjs';
import { setTags } from '../support/gateway-requests.mjs';
import { median } from '../support/pinned-process.mjs';
import { encodePost } from '../support/raw-post.mjs';

export const name = 'batch';

const BODY = '16 bytes of text';
const FRAME_BYTES = 2 + BODY.length;
const MESSAGES = 1000;
const CLIENTS = [50, 1000];
const KINDS = ['wsg on ws', 'wsg on uws'];
const TURNS = Number(process.env.BATCH_TURNS ?? 7);
const MEASURED_MS = 600;
const WARM_UP_MS = 1500;
/** For clients that get several messages of a batch: a write for each message alone costs more. */
const LIMIT_US = 4;
const MICROSECONDS = 1e6;

const ndjson = (selectors) => selectors.map((selector) => `${JSON.stringify({ selector, text: BODY })}\n`).join('');

function framed(selectors) {
  const items = selectors.map((selector) => {
    const head = Buffer.alloc(9);
    head.writeUInt32BE(selector.length, 1);
    head.writeUInt32BE(BODY.length, 5);
    return head.toString('latin1') + selector + BODY;
  });
  return items.join('');
}

function batchRequest(type, body) {
  return encodePost({ path: '/batch', type, body }).toString('latin1');
}

const WAYS = [
  {
    title: 'a POST each',
    messages: 1,
    inFlight: 16,
    requests: (selectors) =>
      selectors.map((selector) =>
        encodePost({ path: `/send?${selector}`, type: 'text/plain', body: BODY }).toString('latin1'),
      ),
  },
  {
    title: 'batch, NDJSON',
    messages: MESSAGES,
    inFlight: 1,
    requests: (selectors) => [batchRequest('application/x-ndjson', ndjson(selectors))],
  },
  {
    title: 'batch, framed',
    messages: MESSAGES,
    inFlight: 1,
    requests: (selectors) => [batchRequest('application/vnd.wsg.batch', framed(selectors))],
  },
];

/** Each connection carries a tag of its own. */
async function startServer(kind, clients) {
  const one = await startFlooded(kind, { clients, tags: 'room=a' });
  for (const [index, id] of one.ids.entries()) await setTags(one.server.port, `user=u${index}`, { query: `id=${id}` });
  return one;
}

/** A selector for each message of a batch, the clients in turn. */
function selectorsOf(clients) {
  return Array.from({ length: MESSAGES }, (_, index) => `user=u${index % clients}`);
}

/** CPU of a message in one turn, in microseconds. */
async function sample(one, { title, messages, inFlight, requests }, { clients, ms }) {
  const question = {
    requests: requests(selectorsOf(clients)),
    inFlight,
    ms,
    frameBytes: FRAME_BYTES * messages,
    isToOne: true,
  };
  const flooded = await flood(one, question);
  if (flooded === undefined) throw new Error(`${title}: a message was lost`);
  return {
    cpuUs: (flooded.cpuS * MICROSECONDS) / (flooded.posts * messages),
    perSecond: (flooded.posts * messages) / flooded.seconds,
  };
}

/** The rows of one transport and number of clients; the ways take turns. */
async function rowsOf(kind, clients) {
  const one = await startServer(kind, clients);
  try {
    for (const way of WAYS) await sample(one, way, { clients, ms: WARM_UP_MS });
    const samples = new Map(WAYS.map(({ title }) => [title, []]));
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const way of WAYS) samples.get(way.title).push(await sample(one, way, { clients, ms: MEASURED_MS }));
    }
    const cpuOf = ({ title }) => median(samples.get(title).map(({ cpuUs }) => cpuUs));
    return WAYS.map((way) => rowOf({ kind, clients, way, cpuUs: cpuOf(way), singleUs: cpuOf(WAYS[0]) }, samples));
  } finally {
    await one.stop();
  }
}

function rowOf({ kind, clients, way, cpuUs, singleUs }, samples) {
  const perSecond = median(samples.get(way.title).map((taken) => taken.perSecond));
  const isBatch = way.messages > 1;
  return {
    server: kind,
    clients,
    way: way.title,
    'CPU us a message': cpuUs.toFixed(2),
    'a POST each costs': isBatch ? `${(singleUs / cpuUs).toFixed(1)} times` : '',
    wanted: isBatch && clients < MESSAGES ? `at most ${LIMIT_US} us${cpuUs <= LIMIT_US ? '' : ' missed'}` : '',
    'messages/s': `${(perSecond / 1000).toFixed(0)} k`,
  };
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const rows = [];
  for (const kind of KINDS) for (const clients of CLIENTS) rows.push(...(await rowsOf(kind, clients)));
  return {
    title: `${MESSAGES} messages of ${BODY.length} bytes, each to one client`,
    rows,
    notes: [
      `Server on one core, clients and posters on the other; ${TURNS} turns of ${MEASURED_MS} ms a way, the ways in turn; medians.`,
      'Each message names its client by a tag of its own, the clients in turn, and as many messages must arrive as were posted. With fewer clients than messages a batch writes several messages to a client at once; with as many, each message is a write of its own, and that system call is most of its cost.',
      'CPU is user and system time of all of the server, reading the request and writing the answer included.',
    ],
  };
}
