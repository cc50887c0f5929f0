import { readdir, readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { OPCODE, RawWebSocket } from '../support/raw-websocket.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WsgProcess } from '../support/wsg-process.js';

const ENTRY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const OPEN_FILES = 256;
const STRANGERS = 500;
/** Connection attempts of each stranger. */
const DIALS = 4;
const SEGMENT_BYTES = 65_536;
const MESSAGE_BYTES = 10_000;
/** Fields of /proc/PID/stat, in hundredths of a second. */
const UTIME = 13;
const STIME = 14;

const CONFIG = `
listen_addr: 127.0.0.1:0
transport: ws
endpoints: [{path: /connect}]
limits: {max_plain_connections: 4096}
outbox: {dir: outbox, durability: disk, segment_bytes: ${SEGMENT_BYTES}}
`;

/** A client that connects as fast as it can, sends nothing, and connects again when it is cut. */
class Stranger {
  cuts = 0;
  #socket: Socket | undefined;
  #isOver = false;

  constructor(readonly port: number) {
    this.#dial();
  }

  stop(): void {
    this.#isOver = true;
    this.#socket?.destroy();
  }

  #dial(): void {
    this.#socket = connect(this.port, '127.0.0.1');
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.cuts += 1;
      if (!this.#isOver && this.cuts < DIALS) this.#dial();
    });
  }
}

async function start(cwd: string) {
  const script = `ulimit -n ${OPEN_FILES} && exec "$0" "$@"`;
  const args = ['serve', '--ready-fd', '3'];
  const wsg = new WsgProcess([script, process.execPath, ENTRY, ...args], { cwd, node: '/bin/sh', entry: '-c' });
  const failed = wsg.ended.then(({ stderr }) => Promise.reject(new Error(stderr)));
  return { wsg, port: (await Promise.race([wsg.ready, failed])).port };
}

async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) / 100;
}

it('keeps its clients and its log when other clients take all files, and reports it without spinning', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'config.yml'), CONFIG);
  const { wsg, port } = await start(cwd);
  const clients = await Promise.all(Array.from({ length: 5 }, () => RawWebSocket.open(port, '/connect')));
  const strangers = Array.from({ length: STRANGERS }, () => new Stranger(port));
  onTestFinished(() => {
    for (const one of [...strangers, ...clients])
      if (one instanceof Stranger) one.stop();
      else one.destroy();
  });
  const refused = (STRANGERS - OPEN_FILES) * DIALS;
  await expect
    .poll(() => strangers.reduce((sum, { cuts }) => sum + cuts, 0), { timeout: 15_000 })
    .toBeGreaterThanOrEqual(refused);
  const files = await readdir(`/proc/${wsg.pid}/fd`);
  expect(files.length).toBeGreaterThan(OPEN_FILES / 2);
  expect(files.length).toBeLessThan(OPEN_FILES - 16);
  const before = await segments(cwd);
  for (const client of clients) {
    for (let i = 0; i < 20; i += 1) client.send(OPCODE.binary, Buffer.alloc(MESSAGE_BYTES));
    client.send(OPCODE.ping, 'still here');
  }
  for (const client of clients) expect((await client.frame()).payload.toString()).toBe('still here');
  await expect.poll(() => segments(cwd), { timeout: 15_000 }).not.toEqual(before);
  const usedBefore = await cpuSeconds(wsg.pid);
  const startedAt = performance.now();
  await expect.poll(() => performance.now() - startedAt, { timeout: 5000 }).toBeGreaterThan(1000);
  expect((await cpuSeconds(wsg.pid)) - usedBefore).toBeLessThan(0.5);
  wsg.kill('SIGTERM');
  const { code, stderr, stdout } = await wsg.ended;
  expect(code).toBe(0);
  const lines = (stderr + stdout).split('\n').filter((line) => line.includes('connection.refused'));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(40);
  expect(lines[0]).toMatch(/open_files/);
});

async function segments(cwd: string): Promise<string[]> {
  return (await readdir(join(cwd, 'outbox'))).toSorted();
}
