import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { constants, deflateRawSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { encodeFrame, OPCODE, RawWebSocket } from '../support/raw-websocket.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WsgProcess } from '../support/wsg-process.js';

const MIB = 1024 * 1024;
const CLIENTS = 20;
/** Messages per client. Each inflates to 1 MiB: together 1.3 GB from 1.3 MB. */
const MESSAGES = 64;
const OUTBOX_BYTES = 4 * MIB;
/** The bound in docs/reference/outbox.md: the outbox, and a read and a message per client. */
const FORMULA_BYTES = 1.25 * OUTBOX_BYTES + CLIENTS * (MIB + 64 * 1024);
/** Compiled code, heap not yet collected, buffers of zlib and of the log. */
const SLACK_BYTES = 120 * MIB;

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** Peak memory of a process, once ten readings in a row have not raised it. */
async function settledBytes(pid: number): Promise<number> {
  let most = 0;
  for (let same = 0; same < 10; same += 1) {
    const now = await residentBytes(pid);
    if (now > most) same = 0;
    most = Math.max(most, now);
    await delay(100);
  }
  return most;
}

/** One frame whose payload is deflated already. */
function deflatedFrame(payload: Buffer): Buffer {
  const deflated = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  const frame = encodeFrame(OPCODE.binary, deflated);
  frame[0] = (frame[0] ?? 0) | 0x40;
  return frame;
}

it.each(['ws', 'uws'])(
  'compressed uploads stay within the documented memory while the sink is unavailable (%s)',
  { timeout: 120_000 },
  async (transport) => {
    const folder = await temporaryFolder();
    const file = join(folder, 'config.yml');
    await writeFile(
      file,
      [
        `transport: ${transport}`,
        'max_message_size_kb: 1024',
        'endpoints: [{path: /connect, compression: true}]',
        'stream_webhook: {url: "http://127.0.0.1:1/"}',
        `outbox: {max_bytes: ${OUTBOX_BYTES}}`,
        'internal_endpoint_access_whitelist: [127.0.0.1/8]',
      ].join('\n'),
    );
    const gateway = new WsgProcess(['serve', '--config', file, '--listen', '127.0.0.1:0', '--ready-fd', '3'], {
      cwd: folder,
    });
    const { port } = await gateway.ready;
    const before = await residentBytes(gateway.pid);
    const upload = Buffer.concat(Array<Buffer>(MESSAGES).fill(deflatedFrame(Buffer.alloc(MIB - 1024))));
    const clients: RawWebSocket[] = [];
    for (let i = 0; i < CLIENTS; i += 1) {
      const client = await RawWebSocket.open(port, '/connect', { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
      onTestFinished(() => client.destroy());
      clients.push(client);
    }
    for (const client of clients) client.write(upload);
    const readiness = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).text();
    await expect.poll(readiness, { timeout: 60_000 }).toMatch(/^outbox-full|outbox_held_bytes|connections: 0/);
    const grown = (await settledBytes(gateway.pid)) - before;
    expect(grown).toBeLessThan(FORMULA_BYTES + SLACK_BYTES);
  },
);
