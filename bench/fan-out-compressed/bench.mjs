// Server CPU for a million deliveries of a JSON text of 1 kB to 1,000 clients, of which none, half
// or all offer permessage-deflate, as browsers do.
//   FAN_OUT_TURNS=3 npm run bench -- fan-out-compressed
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startPeer } from '../support/broadcast-peers.mjs';
import { setTags } from '../support/gateway-requests.mjs';
import { median, startPinned } from '../support/pinned-process.mjs';
import { cpuSeconds } from '../support/process-tree.mjs';
import { encodePost } from '../support/raw-post.mjs';

export const name = 'fan-out-compressed';

const CLIENTS = 1000;
const IN_FLIGHT = [1, 16];
const SHARES = [0, 0.5, 1];
const KINDS = ['wsg on ws', 'wsg on uws'];
const TURNS = Number(process.env.FAN_OUT_TURNS ?? 5);
const MEASURED_MS = 300;
const WARM_UP_MS = 1000;
const COMPRESSED_LIMIT = 1.3;
/** Deflates to about a quarter, as texts of APIs do. */
const BODY = JSON.stringify(
  Array.from({ length: 22 }, (_, index) => ({
    id: index * 7919,
    name: `item ${(index * 104_729) % 997}`,
    price: index * 3.17,
  })),
);

async function startServer(kind, share) {
  const server = await startPeer(kind, 0);
  const core = availableParallelism() > 1 ? 1 : undefined;
  const script = join(import.meta.dirname, '../support/subscribers.mjs');
  const clients = await startPinned(script, [server.port, server.sendPort], { core });
  const compressed = CLIENTS * share;
  await clients.ask({ do: 'connect', clients: CLIENTS, compressed });
  await setTags(server.port, 'room=a');
  const request = encodePost(server.request(BODY, 'room=a')).toString('latin1');
  const { first, last } = await clients.ask({ do: 'frameSizes', request });
  return {
    kind,
    share,
    server,
    clients,
    request,
    compressed,
    compressedBytes: first,
    frameBytes: last,
    samples: new Map(IN_FLIGHT.map((k) => [k, []])),
  };
}

async function sample(one, inFlight, ms) {
  const { server, clients, request, compressed, compressedBytes, frameBytes } = one;
  const before = cpuSeconds(server.pids());
  const answer = await clients.ask({
    do: 'flood',
    requests: [request],
    inFlight,
    ms,
    frameBytes,
    compressed,
    compressedBytes,
  });
  if (!answer.isComplete)
    throw new Error(`${one.kind}: not every client got all ${answer.posts} messages. ${answer.refused}`);
  return ((cpuSeconds(server.pids()) - before) * 1e6) / (answer.posts * CLIENTS);
}

/** One sample of each server. */
async function takeTurn(servers, inFlight, ms) {
  for (const one of servers) one.samples.get(inFlight).push(await sample(one, inFlight, ms));
}

function rowOf(servers, { kind, share, samples, compressedBytes }, inFlight) {
  const cost = median(samples.get(inFlight));
  const plain = median(servers.find((one) => one.kind === kind && one.share === 0).samples.get(inFlight));
  const ratio = cost / plain;
  return {
    'in flight': inFlight,
    server: kind,
    'offer compression': `${share * 100} %`,
    'CPU-s per million': cost.toFixed(2),
    'of not compressed': ratio.toFixed(2),
    wanted: share === 0 ? '' : `at most ${COMPRESSED_LIMIT}${ratio <= COMPRESSED_LIMIT ? '' : ' missed'}`,
    'bytes a frame': compressedBytes,
  };
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const servers = [];
  try {
    for (const kind of KINDS) for (const share of SHARES) servers.push(await startServer(kind, share));
    for (const inFlight of IN_FLIGHT) {
      await takeTurn(servers, inFlight, WARM_UP_MS);
      for (const one of servers) one.samples.set(inFlight, []);
      for (let turn = 0; turn < TURNS; turn += 1) await takeTurn(servers, inFlight, MEASURED_MS);
    }
  } finally {
    for (const { server, clients } of servers) await Promise.all([clients.stop(), server.stop()]);
  }
  return {
    title: `POST of a JSON text of ${BODY.length} bytes to ${CLIENTS} clients, with and without compression`,
    rows: IN_FLIGHT.flatMap((inFlight) => servers.map((one) => rowOf(servers, one, inFlight))),
    notes: [
      `Server on one core, clients and posters on the other; ${TURNS} turns of ${MEASURED_MS} ms each, one server after the other; medians. CPU is user and system time.`,
      'Each client counts: a byte that one of them lacks ends the bench. Bytes a frame: what a client that offers compression gets.',
    ],
  };
}
