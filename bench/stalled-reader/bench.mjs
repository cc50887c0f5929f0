// How much memory a server's 300 broadcasts of 1 MiB cost while one client does not read, beside
// bare uWebSockets.js, bare ws and nchan.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { peerMissing, startPeer } from '../support/broadcast-peers.mjs';
import { setTags } from '../support/gateway-requests.mjs';
import { startPinned } from '../support/pinned-process.mjs';
import { residentBytes } from '../support/process-tree.mjs';
import { encodePost } from '../support/raw-post.mjs';

export const name = 'stalled-reader';

const MIB = 1024 * 1024;
const LIMIT_BYTES = 16 * MIB;
const BODY_BYTES = MIB;
/** Ten bytes of header: the length has 64 bits. */
const FRAME_BYTES = BODY_BYTES + 10;
const READERS = 10;
const BROADCASTS = 300;
/**
 * As many: the largest of more looks at what the collector has not given back yet is larger by
 * itself.
 */
const WARM_UP_BROADCASTS = BROADCASTS;
const LOOK_EACH_MS = 20;

const ROWS = [
  { title: 'wsg, close', kind: 'wsg on uws', policy: 'close', isOurs: true },
  { title: 'wsg, drop-oldest', kind: 'wsg on uws', policy: 'drop-oldest', isOurs: true },
  { title: 'wsg on ws, close', kind: 'wsg on ws', policy: 'close', isOurs: true },
  { title: 'wsg on ws, drop-oldest', kind: 'wsg on ws', policy: 'drop-oldest', isOurs: true },
  { title: 'bare uWS, maxBackpressure', kind: 'bare uWS' },
  { title: 'bare ws', kind: 'bare ws' },
  { title: 'nchan', kind: 'nchan' },
];

function startClients(server) {
  const core = availableParallelism() > 1 ? 1 : undefined;
  return startPinned(join(import.meta.dirname, '../support/subscribers.mjs'), [server.port, server.sendPort], { core });
}

/** Looks at the memory until it is told to stop; resolves to the largest. */
function watchMemory(pids) {
  let largest = residentBytes(pids);
  const timer = setInterval(() => (largest = Math.max(largest, residentBytes(pids))), LOOK_EACH_MS);
  return () => {
    clearInterval(timer);
    return Math.max(largest, residentBytes(pids));
  };
}

async function broadcast(server, readers, posts) {
  const head = encodePost({ ...server.request('', 'room=a'), bodyBytes: BODY_BYTES }).toString('latin1');
  const { complete } = await readers.ask({
    do: 'lockstep',
    head,
    bodyBytes: BODY_BYTES,
    posts,
    frameBytes: FRAME_BYTES,
  });
  return Math.min(...complete);
}

/**
 * The first broadcasts, with everybody reading, let the server reach the size that messages of 1
 * MiB cost it anyway.
 */
async function measureRow({ title, kind, policy, isOurs }) {
  const server = await startPeer(kind, 0, { limitBytes: LIMIT_BYTES, policy });
  const processes = [];
  try {
    const [readers, staller] = [await startClients(server), await startClients(server)];
    processes.push(readers, staller);
    await readers.ask({ do: 'connect', clients: READERS });
    if (isOurs) await setTags(server.port, 'room=a');
    const pids = server.pids();
    const stopWarmUp = watchMemory(pids);
    await broadcast(server, readers, WARM_UP_BROADCASTS);
    const before = stopWarmUp();
    await staller.ask({ do: 'connect', clients: 1 });
    if (isOurs) await setTags(server.port, 'room=a');
    await staller.ask({ do: 'stall' });
    await wait(100);
    const stop = watchMemory(pids);
    const received = await broadcast(server, readers, BROADCASTS);
    const growth = (stop() - before) / MIB;
    const isKept = growth * MIB <= LIMIT_BYTES && received === BROADCASTS;
    return {
      server: title,
      'growth of RSS, MiB': growth.toFixed(1),
      [`received by each of ${READERS} readers`]: received,
      wanted: isOurs ? `at most ${LIMIT_BYTES / MIB} MiB, ${BROADCASTS}${isKept ? '' : ' missed'}` : '',
    };
  } finally {
    await Promise.all([server.stop(), ...processes.map((one) => one.stop())]);
  }
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const rows = [];
  for (const row of ROWS) if (peerMissing(row.kind) === undefined) rows.push(await measureRow(row));
  return {
    title: `${BROADCASTS} broadcasts of 1 MiB with one client that does not read`,
    rows,
    notes: [
      `Growth is the largest RSS of the ${BROADCASTS} broadcasts less the largest of ${WARM_UP_BROADCASTS} before them, which all clients read. Each broadcast waits until all ${READERS} readers have the one before.`,
      `wsg's max_queue_bytes and bare uWS's maxBackpressure are ${LIMIT_BYTES / MIB} MiB; bare ws and nchan have no such bound.`,
      ...ROWS.map(({ kind }) => peerMissing(kind)).filter((text) => text !== undefined),
    ],
  };
}
