import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { OPCODE, RawWebSocket } from '../support/raw-websocket.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { WsgProcess } from '../support/wsg-process.js';

const ENTRY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const OPEN_FILES = 256;
const CLIENTS = 5;
const MESSAGES = 20;
const MESSAGE_BYTES = 10_000;
const SEGMENT_BYTES = 65_536;
const LONG = { timeout: 30_000, interval: 50 };
/** Fields of /proc/PID/stat, in hundredths of a second. */
const UTIME = 13;
const STIME = 14;

/**
 * A plugin that takes all remaining file descriptors at a SIGUSR2, and gives them back at the next.
 */
const GLUTTON = `
import { closeSync, openSync } from 'node:fs';
export const start = ({ log }) => {
  const taken = [];
  const take = () => {
    try {
      for (;;) taken.push(openSync('/dev/null'));
    } catch ({ code }) {
      log.info('glutton.took', { code });
    }
  };
  process.on('SIGUSR2', () => {
    if (taken.length === 0) take();
    else for (const fd of taken.splice(0)) closeSync(fd);
  });
};
`;

async function start(transport: string, webhook: string) {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'glutton.mjs'), GLUTTON);
  const config = `
listen_addr: 127.0.0.1:0
transport: ${transport}
endpoints: [{path: /connect}]
plugins: [{module: ./glutton.mjs}]
outbox: {dir: outbox, durability: disk, fsync: always, segment_bytes: ${SEGMENT_BYTES}}
stream_webhook: {url: '${webhook}', max_batch_events: 1}
`;
  await writeFile(join(cwd, 'config.yml'), config);
  const script = `ulimit -n ${OPEN_FILES} && exec "$0" "$@"`;
  const args = [script, process.execPath, ENTRY, 'serve', '--ready-fd', '3'];
  const wsg = new WsgProcess(args, { cwd, node: '/bin/sh', entry: '-c' });
  const failed = wsg.ended.then(({ stderr }) => Promise.reject(new Error(stderr)));
  return { wsg, cwd, port: (await Promise.race([wsg.ready, failed])).port };
}

async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) / 100;
}

async function newestSegment(cwd: string): Promise<number> {
  const names = await readdir(join(cwd, 'outbox'));
  return Math.max(...names.map((name) => Number.parseInt(name, 10) || 0));
}

it.each([
  ['ws', 1],
  // uWebSockets.js then tries to accept without a pause, as docs/reference/transports.md says.
  ['uws', Infinity],
])(
  'keeps clients and log working on %s while no file descriptor is free, and recovers',
  { timeout: 90_000 },
  async (transport, mostCpuSeconds) => {
    const receiver = await WebhookReceiver.start();
    onTestFinished(() => receiver.stop());
    const { wsg, cwd, port } = await start(transport, receiver.url);
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => RawWebSocket.open(port, '/connect')));
    onTestFinished(() => clients.forEach((client) => client.destroy()));
    await vi.waitFor(() => expect(receiver.taken.length).toBe(CLIENTS), LONG);

    wsg.kill('SIGUSR2');
    await wsg.says(/glutton\.took.*EMFILE|EMFILE.*glutton\.took/);
    receiver.dropConnections();
    const before = await newestSegment(cwd);
    for (const client of clients) {
      for (let i = 0; i < MESSAGES; i += 1) client.send(OPCODE.binary, Buffer.alloc(MESSAGE_BYTES));
      client.send(OPCODE.ping, 'still here');
    }
    const newcomers = await Promise.all(Array.from({ length: 20 }, () => RawWebSocket.connect(port)));
    onTestFinished(() => newcomers.forEach((client) => client.destroy()));
    for (const client of clients) expect((await client.frame()).payload.toString()).toBe('still here');
    await vi.waitFor(async () => expect(await newestSegment(cwd)).toBeGreaterThan(before + 10), LONG);
    const usedBefore = await cpuSeconds(wsg.pid);
    const startedAt = performance.now();
    await vi.waitFor(() => expect(performance.now() - startedAt).toBeGreaterThan(2000), LONG);
    expect((await cpuSeconds(wsg.pid)) - usedBefore).toBeLessThan(mostCpuSeconds);
    await wsg.says(/gateway\.files-exhausted/);

    wsg.kill('SIGUSR2');
    await vi.waitFor(() => expect(receiver.taken.length).toBe(CLIENTS * (1 + MESSAGES)), LONG);
    // Delivery needs one file; a new client waits until the plugin has given all of them back.
    await vi.waitFor(async () => (await RawWebSocket.open(port, '/connect')).destroy(), LONG);
    await wsg.says(/gateway\.files-free/);
    wsg.kill('SIGTERM');
    const { code, stderr } = await wsg.ended;
    expect(code).toBe(0);
    expect(stderr.match(/gateway\.files-exhausted/g)).toHaveLength(1);
    expect(stderr).toContain('gateway.files-free');
    expect(stderr).not.toContain('outbox.full');
  },
);
