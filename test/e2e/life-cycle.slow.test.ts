import { spawn, spawnSync, type StdioOptions } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemErrorCode } from '../../src/core/error.js';
import { freePort } from '../support/broker-process.js';
import { OPCODE, RawWebSocket } from '../support/raw-websocket.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WsgProcess } from '../support/wsg-process.js';

const ENTRY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const LONG = { timeout: 30_000, interval: 50 };
const LINES = 20_000;

describe.each(['json', 'classic'])('a gateway whose standard error is a full pipe, with the %s log', (format) => {
  it(
    'goes on, counts dropped lines, and reports them in whole lines once the pipe is read',
    { timeout: 90_000 },
    async () => {
      const gateway = await startWithPipe(format);
      await vi.waitFor(async () => expect(await gateway.droppedLines()).toBeGreaterThan(0), LONG);
      const dropped = await gateway.droppedLines();
      gateway.pipe.readOn();
      await vi.waitFor(() => expect(gateway.pipe.text).toContain('log.dropped'), LONG);
      gateway.kill('SIGTERM');
      expect(await gateway.ended).toBe(0);
      gateway.pipe.readAll();
      const lines = gateway.pipe.text.trimEnd().split('\n');
      const gap = lines.find((line) => line.includes('log.dropped')) ?? '';
      expect(Number(/lines"?[:=](\d+)/.exec(gap)?.[1])).toBe(dropped);
      expect(lines.filter((line) => line.includes('chatter')).length).toBe(LINES - dropped);
      expect(lines.every((line) => (format === 'json' ? line.endsWith('}') : /^\d{4}\//.test(line)))).toBe(true);
      expect(lines.at(-1)).toContain('gateway.stopped');
    },
  );

  it('ends within its bound on SIGTERM although nothing reads the pipe', { timeout: 90_000 }, async () => {
    const gateway = await startWithPipe(format);
    await vi.waitFor(async () => expect(await gateway.droppedLines()).toBeGreaterThan(0), LONG);
    gateway.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });

  it('goes on when the reader has closed the pipe', { timeout: 90_000 }, async () => {
    const gateway = await startWithPipe(format);
    await vi.waitFor(async () => expect(await gateway.droppedLines()).toBeGreaterThan(0), LONG);
    gateway.pipe.close();
    await vi.waitFor(async () => expect(await gateway.droppedLines()).toBeGreaterThan(LINES * 0.9), LONG);
    gateway.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });
});

describe('a signal before the gateway listens', () => {
  it.each([
    ['serve', 0],
    ['devhelpers', 0],
    ['loadtest', 105],
  ])('ends wsg %s with %d before it has begun anything', async (command, code) => {
    const gateway = new WsgProcess([command], { cwd: await temporaryFolder(), env: await killedAtOnce() });
    expect(await gateway.ended).toMatchObject({ code, signal: null, stderr: '' });
  });

  it('ends wsg report by the signal', async () => {
    const report = new WsgProcess(['report', 'none'], { cwd: await temporaryFolder(), env: await killedAtOnce() });
    expect(await report.ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
  });

  const mayUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;
  it.runIf(mayUnshare)('ends process 1 of a namespace', async () => {
    const env = { ...process.env, NODE_ENV: undefined, ...(await killedAtOnce()) };
    const args = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, ENTRY, 'serve'];
    const child = spawn('unshare', args, { cwd: await temporaryFolder(), env });
    onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expect(stderr).toBe('');
  });

  it('ends a start that waits for a silent broker with 0, and releases the folder', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined));
    const port = await new Promise<number>((resolve) =>
      silent.listen(0, '127.0.0.1', () => resolve(Number(Object(silent.address()).port))),
    );
    onTestFinished(() => void silent.close());
    const folder = await temporaryFolder();
    const outbox = join(folder, 'outbox');
    const gateway = await startGateway([
      `outbox: {dir: ${outbox}}`,
      `stream_redis: {addr: 'redis://127.0.0.1:${port}', stream_name: s}`,
    ]);
    await vi.waitFor(() => expect(existsSync(join(outbox, 'lock'))).toBe(true), LONG);
    gateway.kill('SIGTERM');
    expect((await gateway.ended).code).toBe(0);
    expect(existsSync(join(outbox, 'lock'))).toBe(false);
  });

  it('ends a start that hangs in a plugin', async () => {
    const gateway = await startGateway(
      ['plugins: [{module: ./plugin.mjs}]'],
      [
        'export const start = ({ log }) => { log.info("plugin.hangs"); return new Promise(() => setInterval(() => {}, 1e6)); };',
      ],
    );
    await gateway.says(/plugin\.hangs/);
    gateway.kill('SIGINT');
    expect((await gateway.ended).code).toBe(0);
  });
});

describe.each(['uws', 'ws'])('a failure after the start, on %s', (transport) => {
  it.each([
    ['exception', 'throw new Error("on purpose")'],
    ['rejection', 'void Promise.reject(new Error("on purpose"))'],
    ["'error' event", 'new EventEmitter().emit("error", new Error("on purpose"))'],
  ])('that is not caught, %s, drains the gateway, which ends with 1', async (_what, failure) => {
    const gateway = await startGateway(
      [`transport: ${transport}`, 'plugins: [{module: ./plugin.mjs}]'],
      [
        'import { EventEmitter } from "node:events";',
        `export const start = ({ connections }) => void setInterval(() => { if (connections.size > 0) ${failure}; }, 10);`,
      ],
    );
    const client = await RawWebSocket.open((await gateway.ready).port, '/connect');
    expect(await client.closeCode()).toBe(1001);
    const { code, stderr } = await gateway.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/"gateway\.defect".*\n[^]*"gateway\.stopped"/);
  });
});

describe('a gateway whose next log file never opens', () => {
  it.each([
    ['a stop that could not stop the outbox', 1],
    ['a second signal', 2],
  ])('ends after %s', { timeout: 60_000 }, async (_what, signals) => {
    const outbox = join(await temporaryFolder(), 'outbox');
    const gateway = await startGateway([
      `outbox: {dir: ${outbox}, durability: disk, segment_bytes: 65536}`,
      'drain: {close_spread_s: 0, flush_timeout_s: 0.1}',
    ]);
    const client = await RawWebSocket.open((await gateway.ready).port, '/connect');
    // Opening a pipe for writing waits for a reader, and the process waits for the thread that
    // opens it.
    spawnSync('mkfifo', [join(outbox, '00000002.log')]);
    for (let i = 0; i < 10; i += 1) client.send(OPCODE.binary, Buffer.alloc(10_000));
    client.send(OPCODE.ping, '');
    await client.frame();
    gateway.kill('SIGTERM');
    await gateway.says(/gateway\.draining/);
    if (signals === 2) gateway.kill('SIGINT');
    const { signal, stderr } = await gateway.ended;
    expect(signal).toBe('SIGKILL');
    expect(stderr).toMatch(
      signals === 2 ? /gateway\.cut/ : /gateway\.stop-failed.*outbox|outbox.*gateway\.stop-failed/,
    );
  });
});

describe('SIGHUP', () => {
  it('does not end a gateway that has not read its configuration yet', async () => {
    const env = await signalledAtOnce('SIGHUP');
    const gateway = new WsgProcess(['serve', '--listen', '127.0.0.1:0', '--ready-fd', '3'], {
      cwd: await temporaryFolder(),
      env,
    });
    await Promise.race([gateway.ready, gateway.ended.then((how) => Promise.reject(new Error(JSON.stringify(how))))]);
    gateway.kill('SIGTERM');
    expect((await gateway.ended).code).toBe(0);
  });
});

describe('--ready-fd', () => {
  it.each(['is gone', 'reads nothing'])('whose reader %s leaves a working gateway and a log line', async (what) => {
    const pipe = await Pipe.create();
    if (what === 'is gone') pipe.close();
    else pipe.fill();
    const folder = await temporaryFolder();
    const port = await freePort();
    const stderr = await Pipe.create();
    const args = ['serve', '--listen', `127.0.0.1:${port}`, '--ready-fd', '3'];
    const child = start(args, folder, ['ignore', 'ignore', stderr.writeFd, pipe.writeFd]);
    stderr.readOn();
    await vi.waitFor(() => expect(stderr.text).toContain('gateway.ready-fd-failed'), LONG);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await child.ended).toBe(0);
  });
});

async function killedAtOnce(): Promise<NodeJS.ProcessEnv> {
  return signalledAtOnce('SIGTERM');
}

/** An environment in which a process sends itself the signal as soon as it handles SIGTERM. */
async function signalledAtOnce(signal: NodeJS.Signals): Promise<NodeJS.ProcessEnv> {
  const file = join(await temporaryFolder(), 'kill.mjs');
  const script = `process.once('newListener', function listen(name) {
    if (name !== 'SIGTERM') process.once('newListener', listen);
    else setImmediate(() => process.kill(process.pid, '${signal}'));
  });`;
  await writeFile(file, script);
  return { NODE_OPTIONS: `--import ${file}` };
}

async function startGateway(config: readonly string[], plugin: readonly string[] = []): Promise<WsgProcess> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'plugin.mjs'), plugin.join('\n'));
  const lines = ['listen_addr: 127.0.0.1:0', 'endpoints: [{path: /connect}]', ...config];
  if (!config.some((line) => line.startsWith('drain:'))) lines.push('drain: {close_spread_s: 0}');
  await writeFile(join(folder, 'config.yml'), `${lines.join('\n')}\n`);
  return new WsgProcess(['serve', '--config', join(folder, 'config.yml'), '--ready-fd', '3']);
}

/**
 * Starts a gateway that logs far more than a pipe and the bound hold, into a pipe without a reader.
 */
async function startWithPipe(format: string) {
  const folder = await temporaryFolder();
  const port = await freePort();
  await writeFile(
    join(folder, 'plugin.mjs'),
    `export const start = ({ log }) => void setTimeout(() => {
      for (let i = 0; i < ${LINES}; i += 1) log.info('plugin.chatter', { i, text: 'x'.repeat(100) });
    }, 100);`,
  );
  const config = `listen_addr: 127.0.0.1:${port}\nendpoints: [{path: /connect}]\nprometheus: {enabled: true}\nplugins: [{module: ./plugin.mjs}]\n`;
  await writeFile(join(folder, 'config.yml'), config);
  const pipe = await Pipe.create();
  const child = start(['serve', '--log-format', format], folder, ['ignore', 'ignore', pipe.writeFd]);
  const droppedLines = async (): Promise<number> => {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Number(/^log_lines_dropped_total (\d+)$/m.exec(metrics)?.[1]);
  };
  return { ...child, pipe, droppedLines };
}

function start(args: readonly string[], cwd: string, stdio: StdioOptions) {
  const child = spawn(process.execPath, [ENTRY, ...args], { cwd, stdio, env: { ...process.env, NODE_ENV: undefined } });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  for (const fd of [stdio[2], stdio[3]]) if (typeof fd === 'number') closeSync(fd);
  return { ended, kill: (signal: NodeJS.Signals) => void child.kill(signal) };
}

/** A kernel pipe. Node's stdio 'pipe' is a socket. */
class Pipe {
  text = '';
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    readonly readFd: number,
    readonly writeFd: number,
  ) {}

  static async create(): Promise<Pipe> {
    const path = join(await temporaryFolder(), 'pipe');
    spawnSync('mkfifo', [path]);
    const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const pipe = new Pipe(readFd, openSync(path, 'w'));
    onTestFinished(() => clearInterval(pipe.#timer));
    return pipe;
  }

  readOn(): void {
    this.#timer = setInterval(() => this.readAll(), 10);
  }

  readAll(): void {
    const buffer = Buffer.alloc(65_536);
    try {
      for (let size = -1; size !== 0;) {
        size = readSync(this.readFd, buffer);
        this.text += buffer.toString('latin1', 0, size);
      }
    } catch (error) {
      if (systemErrorCode(error) !== 'EAGAIN') throw error;
    }
  }

  /** Closes the reading end. */
  close(): void {
    clearInterval(this.#timer);
    closeSync(this.readFd);
  }

  /** Fills the kernel's buffer of 64 KiB. */
  fill(): void {
    writeSync(this.writeFd, Buffer.alloc(65_536));
  }
}
