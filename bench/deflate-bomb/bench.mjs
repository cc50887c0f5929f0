// Measures the effect of clients that send deflate bombs at 3.6 Mbit/s each on the pings of another
// client, on the `ws` transport.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { constants, deflateRawSync } from 'node:zlib';
import { WebSocket } from 'ws';

export const name = 'deflate-bomb';

const ENTRY = join(import.meta.dirname, '../../bin/run.js');
const BYTES_PER_S = 450_000;
const TICK_MS = 20;
const SECONDS = 8;
const PING_EACH_MS = 10;
const KIB = 1024;
const WRITE_BYTES = 4 * KIB;

const ROWS = [
  { title: 'nobody else', bomb: undefined },
  { title: '1 MiB of zeros a message', bomb: Buffer.alloc(KIB * KIB - 1) },
  { title: '1 MiB of \\x01 as text', bomb: Buffer.alloc(KIB * KIB - 1, 1), isText: true },
  { title: '64 KiB of zeros a message', bomb: Buffer.alloc(64 * KIB) },
  { title: '2 KiB of zeros a message', bomb: Buffer.alloc(2 * KIB) },
  { title: '50 bombers, 1 MiB of zeros a message', bomb: Buffer.alloc(KIB * KIB - 1), bombers: 50 },
  { title: '50 bombers, 64 KiB of zeros a message', bomb: Buffer.alloc(64 * KIB), bombers: 50 },
];

function frameOf(payload, isText) {
  const flushed = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH });
  const body = flushed.subarray(0, flushed.length - 4);
  const first = 0xc0 | (isText ? 1 : 2);
  const length = body.length < 126 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([first, ...length, 0, 0, 0, 0]), body]);
}

/** Small frames leave together, so that writing them is not what takes this process's time. */
function written(frame) {
  return Buffer.concat(Array.from({ length: Math.max(1, Math.floor(WRITE_BYTES / frame.length)) }, () => frame));
}

async function startGateway(folder) {
  const config = 'listen_addr: 127.0.0.1:0\ntransport: ws\nmax_message_size_kb: 1024\nendpoints: [{path: /connect}]\n';
  writeFileSync(join(folder, 'config.yml'), config);
  const child = spawn(process.execPath, [ENTRY, 'serve', '--ready-fd', '3'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const line = await new Promise((resolve) => child.stdio[3].once('data', (chunk) => resolve(String(chunk))));
  return { child, port: Number(/(\d+)\s*$/.exec(line.replace(/["}\s]+$/, ''))?.[1]) };
}

async function connect(port) {
  const client = new WebSocket(`ws://127.0.0.1:${port}/connect`, { perMessageDeflate: true });
  await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
  return client;
}

/**
 * Sends what the rate allows, unless the gateway has stopped reading. Counts what it has written.
 */
function bombard(client, frame) {
  const socket = client._socket;
  const sent = { bytes: 0 };
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * BYTES_PER_S;
    while (sent.bytes < due && socket.writableLength < BYTES_PER_S) {
      socket.write(frame);
      sent.bytes += frame.length;
    }
  }, TICK_MS);
  return { sent, stop: () => clearInterval(timer) };
}

async function pings(client) {
  const times = [];
  const until = performance.now() + SECONDS * 1000;
  while (performance.now() < until) {
    const at = performance.now();
    const answered = new Promise((resolve) => client.once('pong', resolve));
    client.ping();
    await answered;
    times.push(performance.now() - at);
    await wait(PING_EACH_MS);
  }
  return times.toSorted((a, b) => a - b);
}

async function measureRow({ title, bomb, isText = false, bombers: count = bomb === undefined ? 0 : 1 }) {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-'));
  const { child, port } = await startGateway(folder);
  try {
    const other = await connect(port);
    let closed = '';
    const frame = bomb && written(frameOf(bomb, isText));
    const bombers = [];
    for (let i = 0; i < count; i += 1) {
      const client = await connect(port);
      client.on('close', (code) => (closed = String(code))).on('error', () => undefined);
      bombers.push(bombard(client, frame));
    }
    const times = await pings(other);
    for (const { stop } of bombers) stop();
    const at = (share) => times[Math.floor(times.length * share)].toFixed(1);
    const kibSent = Math.round(bombers.reduce((sum, { sent }) => sum + sent.bytes, 0) / KIB / SECONDS);
    return {
      bomber: title,
      'offered KiB/s': kibSent,
      closed,
      pings: times.length,
      'p50 ms': at(0.5),
      'p95 ms': at(0.95),
      'p99 ms': at(0.99),
    };
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function measure() {
  const rows = [];
  for (const row of ROWS) rows.push(await measureRow(row));
  return {
    title: 'Pings beside clients that send deflate bombs',
    rows,
    notes: [
      `A bomber sends ${BYTES_PER_S} bytes a second (3.6 Mbit/s) for ${SECONDS} s, less when it is not read; a ping of the other client follows ${PING_EACH_MS} ms after each pong.`,
      'The aim is a p95 below 20 ms.',
    ],
  };
}
