import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WebSocketServer } from 'ws';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg, WsgProcess } from '../support/wsg-process.js';

const SHORT = ['-u', '2', '-d', '1s', '--graceful-stop', '0s', '--allow-saturated'];
const LONG = ['-u', '2', '-d', '60s'];

/** Starts a gateway with the helper loop on a free port; resolves with its WebSocket URL. */
async function startHelpers(pause = '5ms'): Promise<string> {
  const cwd = await temporaryFolder();
  const wsg = new WsgProcess(['devhelpers', '--listen', '127.0.0.1:0', '--ready-fd', '3', '--pause', pause], { cwd });
  const { port } = await Promise.race([
    wsg.ready,
    wsg.ended.then((ending) => Promise.reject(new Error(ending.stderr))),
  ]);
  return `ws://127.0.0.1:${port}/connect`;
}

/** Starts a WebSocket server that never sends anything; resolves with its URL. */
async function startSilentServer(): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return `ws://127.0.0.1:${bound.port}/connect`;
}

/** Starts a server that accepts connections and never answers; resolves with its HTTP URL. */
async function startMuteServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return `http://127.0.0.1:${bound.port}`;
}

/** Whether the port accepts connections. */
function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Kills the only child of a process. */
async function killChildOf(pid: number): Promise<void> {
  const children = await promisify(execFile)('ps', ['-o', 'pid=', '--ppid', String(pid)]);
  process.kill(Number(children.stdout.trim()), 'SIGKILL');
}

/** A port on which nothing listens. */
async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  server.close();
  await once(server, 'close');
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return bound.port;
}

describe('wsg loadtest', () => {
  it("prints k6's summary, our tables and the run file to a pipe, and its progress to standard error", async () => {
    const url = await startHelpers();
    const cwd = await temporaryFolder();
    const { code, stdout, stderr } = await runWsg(['loadtest', '--url', url, ...SHORT], { cwd });
    expect(code, stderr).toBe(0);
    const order = ['data is correct', 'ws_msgs_received', 'p99.9', 'generator health', 'run file: runs/'];
    const places = order.map((text) => stdout.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(stdout).not.toContain('\u001b[');
    expect(stdout).toContain('scenarios: (100.00%) 1 scenario, 2 max VUs, 1s max duration (incl. graceful stop):');
    expect(stderr).toMatch(/^running \(/m);
    expect(await readdir(join(cwd, 'runs'))).toEqual([expect.stringMatching(/^[\dTZ-]+-snapshot\.run$/)]);
  });

  it('leaves a run file that `wsg report` prints again', async () => {
    const url = await startHelpers();
    const cwd = await temporaryFolder();
    const load = await runWsg(['loadtest', '--url', url, ...SHORT, '--run', 'kept.run'], { cwd });
    const report = await runWsg(['report', 'kept.run'], { cwd });
    expect(report.code, report.stderr).toBe(0);
    const received = /ws_msgs_received.*/;
    expect(received.exec(report.stdout)?.[0]).toBe(received.exec(load.stdout)?.[0]);
  });

  it('prints one JSON object and nothing else on standard output with --json', async () => {
    const url = await startHelpers();
    const { code, stdout } = await runWsg(['loadtest', '--url', url, ...SHORT, '--json', '--no-run']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).metrics.ws_sessions.values.count).toBe(2);
  });

  it('names the command to start when nothing listens, ends with 14 and writes no run file', async () => {
    const cwd = await temporaryFolder();
    const url = `ws://127.0.0.1:${await unusedPort()}/connect`;
    const { code, stderr } = await runWsg(['loadtest', '--url', url, ...SHORT], { cwd });
    expect(code).toBe(14);
    expect(stderr).toMatch(/level=error msg="ws:\/\/127\.0\.0\.1:\d+\/connect cannot be reached/);
    expect(stderr).toContain('wsg devhelpers');
    expect(await readdir(cwd)).toEqual([]);
  });

  it('names the command to start when nothing was received', async () => {
    const url = await startSilentServer();
    const { code, stdout } = await runWsg(['loadtest', '--url', url, ...SHORT, '--no-run']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/nothing was received[^]*wsg devhelpers/);
  });

  it('lists every bad option at once and ends with 104', async () => {
    const { code, stderr } = await runWsg(['loadtest', '-u', 'many', '-d', 'soon', '--no-run']);
    expect(code).toBe(104);
    expect(stderr).toContain("'many'");
    expect(stderr).toContain("'soon'");
  });

  it.each([[['script.js']], [['run', 'script.js']]])(
    'names the missing script in %j and ends with 107',
    async (args) => {
      const { code, stderr } = await runWsg(['loadtest', ...args]);
      expect(code).toBe(107);
      expect(stderr).toContain('The script script.js cannot be read');
    },
  );

  it("accepts k6's flags that change nothing, with a warning", async () => {
    const flags = ['-e', 'A=b', '-e', 'C=d', 'run', '--no-usage-report=true', '-a', 'localhost:1'];
    const args = ['loadtest', ...flags, '--url', `ws://127.0.0.1:${await unusedPort()}/`, '--no-run', '-q'];
    const { code, stderr } = await runWsg(args);
    expect(code, stderr).toBe(14);
    expect(stderr.match(/ignored.*/g)).toEqual([
      expect.stringMatching(/^ignored: there is no REST interface/),
      expect.stringMatching(/^ignored: a built-in scenario runs the same without/),
    ]);
  });

  it("refuses k6's flags that would change something, by name, with 104", async () => {
    const { code, stderr } = await runWsg(['loadtest', '-o', 'influxdb=a', '-o', 'csv=colour=red']);
    expect(code).toBe(104);
    expect(stderr).toMatch(/out: .*influxdb=a[^]*out: 'csv=colour=red'/);
  });

  it.runIf(existsSync('/dev/full'))(
    'goes on when the disk is full, reports it at the end and keeps JSON whole',
    async () => {
      const args = ['loadtest', '--url', await startHelpers(), ...SHORT, '--run', '/dev/full', '--json'];
      const { code, stdout, stderr } = await runWsg(args);
      expect(code, stderr).toBe(15);
      expect(stderr).toContain('/dev/full cannot be written: the disk is full');
      expect(JSON.parse(stdout).metrics.ws_sessions.values.count).toBe(2);
    },
  );

  it("accepts k6's `run` where there is no script", async () => {
    const { code, stderr } = await runWsg(['loadtest', 'run', '--url', `ws://127.0.0.1:${await unusedPort()}/`]);
    expect(code, stderr).toBe(14);
  });

  it('does not wait for a target that never answers when a signal asks it to stop', async () => {
    const url = (await startMuteServer()).replace('http:', 'ws:');
    const wsg = new WsgProcess(['loadtest', '--url', url, ...LONG, '--no-run']);
    await wsg.says(/looping VUs/);
    wsg.kill('SIGINT');
    const { code, stderr } = await wsg.ended;
    expect(stderr).toContain('stopped by a signal');
    expect(code).toBe(105);
  });

  it('prints everything at the first signal and ends with 105', async () => {
    const url = await startHelpers();
    const wsg = new WsgProcess(['loadtest', '--url', url, ...LONG, '--no-run']);
    await wsg.says(/^running \(/m);
    wsg.kill('SIGINT');
    const { code, stdout } = await wsg.ended;
    expect(stdout).toContain('ws_sessions');
    expect(stdout).toContain('generator health');
    expect(code).toBe(105);
  });

  it('cuts at the second signal, ends with 130, and leaves a run file that `wsg report` reads', async () => {
    const url = await startHelpers();
    const cwd = await temporaryFolder();
    // The run waits for a last reading of the counters of a gateway that does not answer.
    const args = ['--url', url, '--gateway', await startMuteServer(), ...LONG, '--run', 'cut.run'];
    const wsg = new WsgProcess(['loadtest', ...args], { cwd });
    await wsg.says(/^running \(/m);
    wsg.kill('SIGINT');
    await wsg.says(/stopped by a signal/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    wsg.kill('SIGINT');
    const { code, stdout } = await wsg.ended;
    expect(code).toBe(130);
    expect(stdout).not.toContain('ws_sessions');
    expect((await runWsg(['report', 'cut.run'], { cwd })).code).toBe(0);
  });

  it('leaves a run file that `wsg report` reads when it is killed', async () => {
    const url = await startHelpers();
    const cwd = await temporaryFolder();
    const wsg = new WsgProcess(['loadtest', '--url', url, ...LONG, '--run', 'cut.run'], { cwd });
    await wsg.says(/^running \(0m0[2-9]/m);
    wsg.kill('SIGKILL');
    await wsg.ended;
    const report = await runWsg(['report', 'cut.run'], { cwd });
    expect(report.code, report.stderr).toBe(0);
    expect(report.stdout).toContain('ws_msgs_received');
  });

  it('goes on when the reader of its output has gone', async () => {
    const url = await startHelpers();
    const wsg = new WsgProcess(['loadtest', '--url', url, ...SHORT, '--no-run']);
    wsg.closeStdout();
    const { code, stderr } = await wsg.ended;
    expect(stderr).not.toContain('EPIPE');
    expect(code).toBe(0);
  });
});

describe('wsg loadtest --spawn-gateway', () => {
  it('runs a small snapshot: both sides shown, no slow client closed, exit code 0', { timeout: 60_000 }, async () => {
    const cwd = await temporaryFolder();
    const args = ['loadtest', '--spawn-gateway', '--vus', '10', '--duration', '5s', '--graceful-stop', '1s'];
    // Other tests use the cores too, so a generator that was late does not matter here.
    const { code, stdout, stderr } = await runWsg([...args, '--allow-saturated', '--run', 'small.run'], { cwd });
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('gateway and generator');
    expect(stdout).not.toContain('DISAGREE');
    expect(stderr).toMatch(/level=info msg=".*Sending \d+ messages took.*" source=gateway/);
  });

  it('loses no virtual user at the full pace of the helper loop', { timeout: 60_000 }, async () => {
    const url = await startHelpers('0.1ms');
    const gateway = new URL(url.replace('ws:', 'http:')).origin;
    const args = ['--url', url, '--gateway', gateway, '--vus', '10', '--duration', '5s', '--graceful-stop', '1s'];
    const { code, stdout, stderr } = await runWsg(['loadtest', ...args, '--allow-saturated', '--no-run']);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('gateway and generator');
    const metrics = await (await fetch(`${gateway}/metrics`)).text();
    expect(metrics).toMatch(/^slow_clients_closed_total 0$/m);
  });

  it('ends with 105 and a message when a signal arrives while its gateway starts', async () => {
    const wsg = new WsgProcess(['loadtest', '--spawn-gateway', ...LONG, '--no-run']);
    await wsg.says(/Starting wsgateway/);
    wsg.kill('SIGINT');
    const { code, stderr } = await wsg.ended;
    expect(stderr).toContain('stopped by a signal');
    expect(code).toBe(105);
  });

  it('ends with 14 and a message when its gateway dies, and keeps the figures', async () => {
    const cwd = await temporaryFolder();
    const wsg = new WsgProcess(['loadtest', '--spawn-gateway', ...LONG, '--run', 'died.run'], { cwd });
    await wsg.says(/^running \(0m0[2-9]/m);
    await killChildOf(wsg.pid);
    const { code, stdout, stderr } = await wsg.ended;
    expect(stderr).toContain('level=error msg="The gateway stopped during the run: it was ended by SIGKILL."');
    expect(stdout).toMatch(/ws_msgs_received\.+: \d{2}/);
    expect(code).toBe(14);
  });

  it('ends its gateway when it is killed', async () => {
    const cwd = await temporaryFolder();
    const wsg = new WsgProcess(['loadtest', '--spawn-gateway', ...LONG, '--run', 'cut.run'], { cwd });
    await wsg.says(/^running \(/m);
    wsg.kill('SIGKILL');
    const { stderr } = await wsg.ended;
    const port = Number(/Listening on 127\.0\.0\.1:(\d+)/.exec(stderr)?.[1]);
    await vi.waitFor(() => expect(isListening(port)).resolves.toBe(false), { timeout: 15_000, interval: 100 });
  });
});
