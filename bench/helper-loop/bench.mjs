// Server CPU for a million deliveries of the helper loop to 50 raw clients, beside bare uWebSockets.js and bare ws.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { median, startPinned } from '../support/pinned-process.mjs';

export const name = 'helper-loop';

const CLIENTS = 50;
const ROUNDS = [1, 16, 256];
const KINDS = ['wsg', 'uws', 'ws'];
const TURNS = 5;
const WARM_UP_MS = 400;
const MEASURED_MS = 800;
/** A text frame without mask: two bytes of header and `routine message`. */
const FRAME_BYTES = 17;
const BUSY = 0.9;

/** One server, one run: what a delivery cost it. */
export async function sample(kind, rounds) {
  const here = import.meta.dirname;
  const server = await startPinned(join(here, 'server.mjs'), [kind, rounds], { core: 0 });
  let reader;
  try {
    const core = availableParallelism() > 1 ? 1 : undefined;
    reader = await startPinned(join(here, 'reader.mjs'), [server.first.port, CLIENTS], { core });
    await server.ask('run');
    await wait(WARM_UP_MS);
    const before = await Promise.all([server.ask('mark'), reader.ask('mark')]);
    await wait(MEASURED_MS);
    const after = await Promise.all([server.ask('mark'), reader.ask('mark')]);
    return difference(before, after);
  } finally {
    await reader?.stop();
    await server.stop();
  }
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
  const samples = { wsg: [], uws: [], ws: [] };
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const kind of KINDS) samples[kind].push(await sample(kind, rounds));
  }
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
      `Server and readers on a core each; ${TURNS} turns of ${KINDS.join(', ')}, one after the other; medians of ${MEASURED_MS} ms.`,
      'wsg is the whole gateway with its helpers; the peers are a bare loop with the same rest while most sockets have 64 KiB waiting.',
      'With one round a flush every delivery is a system call of its own, for the bare uWS loop as well: there an eighth of ws is out of reach for any server.',
      'Deliveries are counted by the readers. Where a reader is over 90 % busy it is the limit of deliveries a second, and the server rests.',
    ],
  };
}
