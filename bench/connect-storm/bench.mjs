// Server CPU of 1,000 connects, events and a tag included, on both transports and with the mirror
// in Redis, beside bare ws and bare uWebSockets.js.
//   STORM_TURNS=1 npm run bench -- connect-storm
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
/** `limit` is a multiple of `of`. */
const KINDS = [
  { kind: 'wsg on ws', limit: 1.3, of: 'bare ws' },
  { kind: 'wsg on ws', mirrors: true },
  { kind: 'bare ws' },
  { kind: 'wsg on uws', limit: 1.3, of: 'bare uWS' },
  { kind: 'wsg on uws', mirrors: true },
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

function rowOf({ kind, limit, of, mirrors }, samples, cpuMsOf) {
  const cpuMs = cpuMsOf(kind, mirrors);
  const ratio = of === undefined ? undefined : cpuMs / cpuMsOf(of);
  return {
    server: mirrors ? `${kind}, with the mirror` : kind,
    'CPU ms for 1,000 connects': cpuMs.toFixed(1),
    'of the bare server': ratio?.toFixed(2) ?? '',
    wanted: limit === undefined ? '' : `at most ${limit}${ratio <= limit ? '' : ' missed'}`,
    'connects/s': Math.round(median(samples.map((sample) => sample.perSecond))),
  };
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const samples = KINDS.map(() => []);
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const [index, kind] of KINDS.entries()) samples[index].push(await measureStorm(kind));
  }
  const cpuMsOf = (kind, mirrors) => {
    const index = KINDS.findIndex((one) => one.kind === kind && one.mirrors === mirrors);
    return median(samples[index].map((sample) => sample.cpuMs));
  };
  return {
    title: `A storm of ${CONNECTIONS} connects`,
    rows: KINDS.map((kind, index) => rowOf(kind, samples[index], cpuMsOf)),
    notes: [
      `Medians of ${TURNS} turns, one of each in turn, after as many had come and gone ${WARM_UP_ROUNDS} times. Server on one core, clients (and Redis) on the other, 100 handshakes at a time: they are the limit of connects a second.`,
      'wsg makes an id, a tag and an open event of each; the bare servers accept and do nothing else. With the mirror the run ends when Redis has the last connection.',
    ],
  };
}
