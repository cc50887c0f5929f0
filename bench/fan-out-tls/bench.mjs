// Server CPU for a million deliveries of POSTs of 16 bytes to 50 and 1,000 clients over TLS, beside
// nchan, bare Node, bare ws and bare uWebSockets.js over TLS.
//   FAN_OUT_ONLY=50x16 FAN_OUT_TURNS=3 npm run bench -- fan-out-tls     these numbers of clients and requests in flight only
import { peerMissing } from '../support/broadcast-peers.mjs';
import { flood, isGateway, startFlooded } from '../support/flooded-server.mjs';
import { median } from '../support/pinned-process.mjs';
import { encodePost } from '../support/raw-post.mjs';
import { createTlsFiles } from '../support/tls-files.mjs';

export const name = 'fan-out-tls';

const BODY = '16 bytes of text';
const FRAME_BYTES = 2 + BODY.length;
const DEFAULT_CASES = '50x1,50x16,1000x1,1000x16,1000x40,1000x128';
const CASES = (process.env.FAN_OUT_ONLY ?? DEFAULT_CASES).split(',').map((text) => text.split('x').map(Number));
const TURNS = Number(process.env.FAN_OUT_TURNS ?? 5);
const MEASURED_MS = 300;
const WARM_UP_MS = 1000;
const NCHAN = 'nchan';
const NCHAN_LIMIT = 1.3;
const KINDS = ['wsg on ws', 'wsg on uws', 'bare uWS', 'bare Node', 'bare ws', NCHAN];

async function sample(one, { size, inFlight, ms }) {
  const requests = [encodePost(one.server.request(BODY, 'room=a')).toString('latin1')];
  const taken = await flood(one, { requests, inFlight, ms, frameBytes: FRAME_BYTES });
  if (taken === undefined) return undefined;
  const deliveries = taken.posts * size;
  return { cpuS: (taken.cpuS * 1e6) / deliveries, perSecond: deliveries / taken.seconds };
}

/** Short turns of all, one after the other. A peer that loses something takes no further part. */
async function takeSamples(servers, size, inFlight) {
  const samples = new Map([...servers.keys()].map((kind) => [kind, []]));
  for (let turn = -1; turn < TURNS; turn += 1) {
    const ms = turn < 0 ? WARM_UP_MS : MEASURED_MS;
    for (const [kind, taken] of samples) {
      if (taken === undefined) continue;
      const next = await sample(servers.get(kind), { size, inFlight, ms });
      if (next === undefined) samples.set(kind, undefined);
      else if (turn >= 0) taken.push(next);
    }
  }
  return samples;
}

function rowOf(kind, samples, { size, inFlight }) {
  const middle = (of, key) => {
    const taken = samples.get(of);
    return taken === undefined ? undefined : median(taken.map((one) => one[key]));
  };
  const cpuS = middle(kind, 'cpuS');
  const nchan = middle(NCHAN, 'cpuS');
  const head = { clients: size, 'in flight': inFlight, server: kind };
  if (cpuS === undefined) return { ...head, 'CPU-s per million': 'lost messages' };
  const ratio = nchan === undefined ? undefined : cpuS / nchan;
  const hasLimit = isGateway(kind) && ratio !== undefined;
  return {
    ...head,
    'CPU-s per million': cpuS.toFixed(3),
    'of nchan': ratio?.toFixed(2) ?? '',
    wanted: hasLimit ? `at most ${NCHAN_LIMIT} of nchan${ratio <= NCHAN_LIMIT ? '' : ' missed'}` : '',
    'deliveries/s': `${(middle(kind, 'perSecond') / 1000).toFixed(0)} k`,
  };
}

async function measureSize(size, tls, ciphers) {
  const rows = [];
  const servers = new Map();
  try {
    for (const kind of KINDS.filter((one) => peerMissing(one) === undefined)) {
      const one = await startFlooded(kind, { clients: size, tags: 'room=a', tls });
      servers.set(kind, one);
      ciphers.set(kind, one.cipher);
    }
    for (const [, inFlight] of CASES.filter(([wanted]) => wanted === size)) {
      const samples = await takeSamples(servers, size, inFlight);
      rows.push(...[...servers.keys()].map((kind) => rowOf(kind, samples, { size, inFlight })));
    }
  } finally {
    for (const one of servers.values()) await one.stop();
  }
  return rows;
}

/** Describes the negotiated ciphers, which must be equal for the figures to be comparable. */
function describeCiphers(ciphers) {
  const all = new Set(ciphers.values());
  if (all.size === 1) return [...all][0];
  return [...ciphers].map(([kind, cipher]) => `${kind} ${cipher}`).join(', ');
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const tls = createTlsFiles();
  const rows = [];
  const ciphers = new Map();
  try {
    for (const size of new Set(CASES.map(([wanted]) => wanted))) rows.push(...(await measureSize(size, tls, ciphers)));
  } finally {
    tls.remove();
  }
  return {
    title: `POST of ${BODY.length} bytes to N clients over TLS`,
    rows,
    notes: [
      `As fan-out, with one tag pair: server on one core, clients and posters on the other; ${TURNS} turns of ${MEASURED_MS} ms each; medians. CPU is user and system time.`,
      `One certificate (P-256) on WebSockets and POSTs of every server, ${describeCiphers(ciphers)}; handshakes are not measured. The clients decrypt on one core, which bounds deliveries a second.`,
      "Bare Node is node:https with one write of a frame made once for each client: what Node's streams and TLS cost whatever is built on them.",
      'Each client counts: a byte that one of the gateway lacks ends the bench, and a peer that lost something is not measured on.',
      ...[NCHAN].map(peerMissing).filter((text) => text !== undefined),
    ],
  };
}
