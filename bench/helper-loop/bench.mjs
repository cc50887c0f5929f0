// Server CPU for a million deliveries of the helper loop to 50 raw clients, beside bare uWebSockets.js and bare ws.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { median, startPinned } from '../support/pinned-process.mjs';

export const name = 'helper-loop';

const CLIENTS = 50;
const ROUNDS = [1, 16, 256];
const KINDS = ['wsg', 'uws', 'ws'];
const TURNS = 15;
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

/** Short turns of all servers, one after the other, so that whatever else the machine does meets them alike. */
async function takeSamples(rounds) {
  const pairs = {};
  const samples = { wsg: [], uws: [], ws: [] };
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

async function measureRow(rounds) {
  const samples = await takeSamples(rounds);
  const cpu = (kind) => median(samples[kind].map(({ cpuS }) => cpuS));
  const use = (kind) => median(samples[kind].map(({ readerUse }) => readerUse));
  const perSecond = (kind) => median(samples[kind].map((one) => one.perSecond));
  const toUws = cpu('wsg') / cpu('uws');
  const toWs = cpu('wsg') / cpu('ws');
  const busy = KINDS.filter((kind) => use(kind) > BUSY);
  return {
    'rounds a flush': rounds,
    'wsg, CPU-s per million': cpu('wsg').toFixed(3),
    'uWS publish': cpu('uws').toFixed(3),
    'bare ws': cpu('ws').toFixed(3),
    'wsg / uWS (at most 1.10)': toUws.toFixed(2) + (toUws <= 1.1 ? '' : ' missed'),
    'uWS / ws': (cpu('uws') / cpu('ws')).toFixed(3),
    'wsg / ws (at most 0.125)': toWs.toFixed(3) + (toWs <= 0.125 ? '' : ' missed'),
    'deliveries a second, wsg / uWS / ws': KINDS.map((kind) => `${(perSecond(kind) / 1e6).toFixed(2)} M`).join(' / '),
    'reader over 90 % busy': busy.join(', '),
  };
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const rows = [];
  for (const rounds of ROUNDS) rows.push(await measureRow(rounds));
  return {
    title: `Helper loop at pause 0 to ${CLIENTS} raw clients`,
    rows,
    notes: [
      `Server and readers on a core each; ${TURNS} turns of ${KINDS.join(', ')}, one after the other while the others are frozen; medians of ${MEASURED_MS} ms each.`,
      'wsg is the whole gateway with its helpers; the peers are a bare loop with the same rest while most sockets have 64 KiB waiting.',
      'With one round a flush every delivery is a system call of its own, for the bare uWS loop as well: there an eighth of ws is out of reach for any server.',
      'Deliveries are counted by the readers. Where a reader is over 90 % busy it is the limit of deliveries a second, and the server rests.',
    ],
  };
}
