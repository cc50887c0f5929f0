// RSS of the server for each of 10,000 idle connections, beside bare uWebSockets.js and bare ws.
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startPinned } from '../support/pinned-process.mjs';

export const name = 'idle-connections';

const CONNECTIONS = 10_000;
const WARM_UP_CONNECTIONS = 200;
const IDLE_MS = 5000;
const LIMIT_KB = 3;
const WS_LIMIT_KB = 4;

const ROWS = [
  { kind: 'wsg on uws', tags: 'foo=bar, the same for all', limitKb: LIMIT_KB },
  { kind: 'wsg on uws', tags: 'one of its own each', ownTags: true, limitKb: LIMIT_KB },
  { kind: 'wsg on ws', tags: 'foo=bar, the same for all', limitKb: WS_LIMIT_KB },
  { kind: 'wsg on ws', tags: 'one of its own each', ownTags: true, limitKb: WS_LIMIT_KB },
  { kind: 'bare uWS', tags: 'none, and no ids' },
  { kind: 'bare ws', tags: 'none, and no ids' },
];

/** Collected before and after the wait: Node gives pages back only when it has been idle. */
async function idleRss(server) {
  await server.ask('rss');
  await wait(IDLE_MS);
  return server.ask('rss');
}

/**
 * kB for each connection: from none to 10,000, and from 5,000 to 15,000, where what start-up left
 * free is used up.
 */
async function measureRow({ kind, ownTags }) {
  const here = import.meta.dirname;
  const server = await startPinned(join(here, 'server.mjs'), [kind], { execArgv: ['--expose-gc'] });
  let clients;
  try {
    clients = await startPinned(join(here, 'clients.mjs'), [server.first]);
    await clients.ask(WARM_UP_CONNECTIONS);
    const rss = [];
    for (const count of [0, 0.5, 1, 1.5].map((share) => share * CONNECTIONS)) {
      await clients.ask(count);
      if (ownTags) await server.ask('tag');
      rss.push((await idleRss(server)) / CONNECTIONS / 1000);
    }
    return { fromNone: rss[2] - rss[0], further: rss[3] - rss[1] };
  } finally {
    await clients?.stop();
    await server.stop();
  }
}

/** The table that `npm run bench` writes. */
export async function measure() {
  // Memory, not time, is measured: the servers may wait side by side.
  const figures = await Promise.all(ROWS.map(measureRow));
  const rows = ROWS.map((row, index) => {
    const { fromNone, further } = figures[index];
    const limit =
      row.limitKb === undefined
        ? ''
        : `at most ${row.limitKb}${Math.max(fromNone, further) <= row.limitKb ? '' : ' missed'}`;
    return {
      server: row.kind,
      tags: row.tags,
      'kB RSS a connection, 0 to 10,000': fromNone.toFixed(2),
      '5,000 to 15,000': further.toFixed(2),
      wanted: limit,
    };
  });
  return {
    title: `RSS of ${CONNECTIONS} idle connections`,
    rows,
    notes: [
      `(RSS at ${CONNECTIONS}, less RSS at 0 after ${WARM_UP_CONNECTIONS} had come and gone, both after gc() and ${IDLE_MS / 1000} s of idleness) / ${CONNECTIONS}.`,
      'wsg is the whole gateway: ids, tags in the index, open events made, the ring full and bounded. The kernel keeps its own share.',
    ],
  };
}
