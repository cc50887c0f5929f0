// Milliseconds from a POST until the last of 1,000 clients has the message, at 20 POSTs a second,
// beside bare uWebSockets.js, bare Node, bare ws, nchan and pushpin.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { peerMissing, startPeer } from '../support/broadcast-peers.mjs';
import { setTags } from '../support/gateway-requests.mjs';
import { startPinned } from '../support/pinned-process.mjs';
import { encodePost } from '../support/raw-post.mjs';

export const name = 'post-to-last';

const CLIENTS = 1000;
const BODY = '16 bytes of text';
const FRAME_BYTES = 2 + BODY.length;
const PER_SECOND = 20;
/** Number of turns of `POSTS` requests, one server after the other; the first turn is a warm-up. */
const TURNS = Number(process.env.POST_TO_LAST_TURNS ?? 6);
const POSTS = 40;
/** It needs most of a core for this; more would only measure its queue. */
const PUSHPIN_PER_SECOND = 5;
const PUSHPIN_POSTS = 8;

const KINDS = ['wsg on uws', 'wsg on ws', 'bare uWS', 'bare Node', 'bare ws', 'nchan', 'pushpin'];

async function startPair(kind) {
  const server = await startPeer(kind, 0);
  try {
    const core = availableParallelism() > 1 ? 1 : undefined;
    const script = join(import.meta.dirname, '../support/subscribers.mjs');
    const clients = await startPinned(script, [server.port, server.sendPort], { core });
    await clients.ask({ do: 'connect', clients: CLIENTS });
    if (kind.startsWith('wsg')) await setTags(server.port, 'room=a');
    return { server, clients };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function paceOf(kind) {
  return kind === 'pushpin'
    ? { posts: PUSHPIN_POSTS, perSecond: PUSHPIN_PER_SECOND }
    : { posts: POSTS, perSecond: PER_SECOND };
}

async function sample(kind, { server, clients }) {
  const pace = paceOf(kind);
  const request = encodePost(server.request(BODY, 'room=a')).toString('latin1');
  const { latencies } = await clients.ask({ do: 'paced', request, ...pace, frameBytes: FRAME_BYTES });
  if (latencies.length < pace.posts)
    throw new Error(`${kind}: post ${latencies.length + 1} did not reach every client`);
  return latencies;
}

/** Turns of all servers, one after the other; the first is not kept. */
async function takeTurns(pairs) {
  const latencies = {};
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const [kind, pair] of Object.entries(pairs)) {
      const taken = await sample(kind, pair);
      latencies[kind] = turn === 0 ? [] : [...latencies[kind], ...taken];
    }
  }
  return latencies;
}

async function takeSamples(kinds) {
  const pairs = {};
  try {
    for (const kind of kinds) pairs[kind] = await startPair(kind);
    return await takeTurns(pairs);
  } finally {
    for (const { server, clients } of Object.values(pairs)) await Promise.all([clients.stop(), server.stop()]);
  }
}

/** The value that a share of the values does not exceed. */
function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1];
}

function rowOf(kind, latencies, nchan) {
  const p50 = quantile(latencies, 0.5);
  const p99 = quantile(latencies, 0.99);
  const isSlower = nchan !== undefined && (p50 > quantile(nchan, 0.5) || p99 > quantile(nchan, 0.99));
  return {
    server: kind,
    posts: latencies.length,
    'p50 ms': p50.toFixed(2),
    'p99 ms': p99.toFixed(2),
    'largest ms': Math.max(...latencies).toFixed(2),
    wanted:
      kind.startsWith('wsg') && nchan !== undefined ? `p50 and p99 at most nchan's${isSlower ? ' missed' : ''}` : '',
  };
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const kinds = KINDS.filter((kind) => peerMissing(kind) === undefined);
  const latencies = await takeSamples(kinds);
  return {
    title: `POST to the last of ${CLIENTS} clients`,
    rows: kinds.map((kind) => rowOf(kind, latencies[kind], latencies.nchan)),
    notes: [
      `Server on one core, clients and poster on the other; turns of ${POSTS} POSTs at ${PER_SECOND} a second, one server after the other, the first not counted.`,
      'The clients read with the process that posts: its own time to read a thousand messages is part of every figure.',
      `pushpin is asked ${PUSHPIN_PER_SECOND} times a second.`,
      ...KINDS.map(peerMissing).filter((text) => text !== undefined),
    ],
  };
}
