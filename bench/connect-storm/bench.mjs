// Server CPU of 1,000 connects, events and a tag included, with and without the mirror in Redis, beside a bare uWebSockets.js.
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { median, startPinned } from '../support/pinned-process.mjs';
import { startRedis } from '../support/redis-server.mjs';

export const name = 'connect-storm';

const here = import.meta.dirname;
const TURNS = Number(process.env.STORM_TURNS ?? 5);
const CONNECTIONS = 5_000;
/** Compiling what runs on a connect takes its time, once. */
const WARM_UP_ROUNDS = 4;
const KINDS = [
  { kind: 'wsg', limitMs: 25 },
  { kind: 'wsg with the mirror', limitMs: 45, mirrors: true },
  { kind: 'bare uWS' },
];

/** Until Redis has as many connections as there are. */
async function untilMirrored(redis, count) {
  while (Number(await redis.client.sCard('wsg:node:0000')) !== count) await wait(2);
}

async function measureStorm({ kind, mirrors }) {
  const redis = mirrors ? await startRedis({ core: 1 }) : undefined;
  const server = await startPinned(join(here, 'server.mjs'), redis ? [kind, redis.url] : [kind], { core: 0 });
  let clients;
  try {
    clients = await startPinned(join(here, '../idle-connections/clients.mjs'), [server.first], { core: 1 });
    const settle = async (count) => {
      await clients.ask(count);
      if (redis) await untilMirrored(redis, count);
    };
    for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
      await settle(CONNECTIONS);
      await settle(0);
      await wait(200);
    }
    const before = await server.ask('cost');
    await settle(CONNECTIONS);
    const after = await server.ask('cost');
    const thousands = CONNECTIONS / 1000;
    const perSecond = (CONNECTIONS * 1000) / (after.atMs - before.atMs);
    return { cpuMs: (after.cpuMs - before.cpuMs) / thousands, perSecond };
  } finally {
    await clients?.stop();
    await server.stop();
    await redis?.stop();
  }
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const samples = KINDS.map(() => []);
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const [index, kind] of KINDS.entries()) samples[index].push(await measureStorm(kind));
  }
  const rows = KINDS.map(({ kind, limitMs }, index) => {
    const cpuMs = median(samples[index].map((sample) => sample.cpuMs));
    const wanted = limitMs === undefined ? '' : `at most ${limitMs}${cpuMs <= limitMs ? '' : ' missed'}`;
    const perSecond = Math.round(median(samples[index].map((sample) => sample.perSecond)));
    return { server: kind, 'CPU ms for 1,000 connects': cpuMs.toFixed(1), wanted, 'connects/s': perSecond };
  });
  return {
    title: `A storm of ${CONNECTIONS} connects`,
    rows,
    notes: [
      `Medians of ${TURNS} turns, one of each in turn, after as many had come and gone ${WARM_UP_ROUNDS} times. Server on one core, clients (and Redis) on the other, 100 handshakes at a time: they are the limit of connects a second.`,
      'wsg makes an id, a tag and an open event of each. With the mirror the run ends when Redis has the last connection.',
    ],
  };
}
