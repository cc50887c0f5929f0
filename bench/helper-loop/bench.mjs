// Server CPU for a million deliveries of the helper loop to 50 raw clients, beside bare
// uWebSockets.js and bare ws.
//   HELPER_LOOP_TURNS=3 npm run bench -- helper-loop
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { median, startPinned } from '../support/pinned-process.mjs';

export const name = 'helper-loop';

const CLIENTS = 50;
const ROUNDS = [1, 16, 256];
const KINDS = ['wsg on ws', 'wsg on uws', 'uws', 'ws'];
/** The most that the gateway may cost, as a multiple of bare uWebSockets.js. */
const LIMITS = { 'wsg on ws': 1.5, 'wsg on uws': 1.1 };
/** With one round a flush every delivery is a system call, for every server: no limit is set. */
const LIMITED_FROM_ROUNDS = 16;
const TURNS = Number(process.env.HELPER_LOOP_TURNS ?? 15);
const WARM_UP_MS = 700;
const SETTLE_MS = 60;
const MEASURED_MS = 250;
/** A text frame without mask: two bytes of header and `routine message`. */
const FRAME_BYTES = 17;
const BUSY = 0.9;

/** A server and its readers, connected, running and frozen: only one pair at a time is let go. */
async function startPair(kind, rounds) {
  const here = import.meta.dirname;
  const server = await startPinned(join(here, 'server.mjs'), [kind, rounds], { core: 0 });
  try {
    const core = availableParallelism() > 1 ? 1 : undefined;
    const reader = await startPinned(join(here, 'reader.mjs'), [server.first.port, CLIENTS], { core });
    await server.ask('run');
    await wait(WARM_UP_MS);
    server.freeze();
    return { server, reader };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Lets one server run for a moment: what a delivery cost it. */
async function sample({ server, reader }) {
  server.thaw();
  await wait(SETTLE_MS);
  const before = await Promise.all([server.ask('mark'), reader.ask('mark')]);
  await wait(MEASURED_MS);
  const after = await Promise.all([server.ask('mark'), reader.ask('mark')]);
  server.freeze();
  return difference(before, after);
}

/**
 * Short turns of all servers, one after the other, so that whatever else the machine does meets
 * them alike.
 */
async function takeSamples(rounds) {
  const pairs = {};
  const samples = Object.fromEntries(KINDS.map((kind) => [kind, []]));
  try {
    for (const kind of KINDS) pairs[kind] = await startPair(kind, rounds);
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const kind of KINDS) samples[kind].push(await sample(pairs[kind]));
    }
  } finally {
    for (const { server, reader } of Object.values(pairs)) await Promise.all([server.stop(), reader.stop()]);
  }
  return samples;
}

function difference([serverBefore, readerBefore], [serverAfter, readerAfter]) {
  const millions = (readerAfter.bytes - readerBefore.bytes) / FRAME_BYTES / 1e6;
  const elapsedUs = (readerAfter.atMs - readerBefore.atMs) * 1000;
  return {
    cpuS: (serverAfter.cpuUs - serverBefore.cpuUs) / 1e6 / millions,
    perSecond: (millions * 1e12) / elapsedUs,
    readerUse: (readerAfter.cpuUs - readerBefore.cpuUs) / elapsedUs,
    bytesPerRead: (readerAfter.bytes - readerBefore.bytes) / (readerAfter.reads - readerBefore.reads),
  };
}

async function measureRounds(rounds) {
  const samples = await takeSamples(rounds);
  const middle = (kind, key) => median(samples[kind].map((sampled) => sampled[key]));
  return KINDS.map((kind) => {
    const ratio = middle(kind, 'cpuS') / middle('uws', 'cpuS');
    const limit = rounds >= LIMITED_FROM_ROUNDS ? LIMITS[kind] : undefined;
    return {
      'rounds a flush': rounds,
      server: kind.startsWith('wsg') ? kind : `bare ${kind}`,
      'CPU-s per million': middle(kind, 'cpuS').toFixed(3),
      'of bare uws': ratio.toFixed(2),
      wanted: limit === undefined ? '' : `at most ${limit}${ratio <= limit ? '' : ' missed'}`,
      'deliveries/s': `${(middle(kind, 'perSecond') / 1e6).toFixed(2)} M`,
      'reader busy': middle(kind, 'readerUse') > BUSY ? `over ${BUSY * 100} %` : '',
    };
  });
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const rows = [];
  for (const rounds of ROUNDS) rows.push(...(await measureRounds(rounds)));
  return {
    title: `Helper loop at pause 0 to ${CLIENTS} raw clients`,
    rows,
    notes: [
      `Server and readers on a core each; ${TURNS} turns of ${KINDS.join(', ')}, one after the other while the others are frozen; medians of ${MEASURED_MS} ms each.`,
      'wsg is the whole gateway with its helpers; the peers are a bare loop with the same rest while most sockets have 64 KiB waiting.',
      'With one round a flush every delivery is a system call of its own, for the bare uWS loop as well.',
      'Deliveries are counted by the readers. Where a reader is over 90 % busy it is the limit of deliveries a second, and the server rests.',
    ],
  };
}
