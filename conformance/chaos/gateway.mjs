import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Child } from './child.mjs';
import { freePort } from './redis.mjs';

const ENTRY = join(import.meta.dirname, '../../bin/run.js');
const PLANTED = join(import.meta.dirname, 'planted');

/**
 * The gateway under test, as a user starts it; with `plant` one of the bugs of planted/ is put into
 * it.
 */
export class GatewayProcess {
  #child;
  /** The process ids of the workers with which it became ready. */
  #firstWorkers = new Set();
  port;

  static async start({ folder, broker, durability, fsync, transport, workers, plant }) {
    const gateway = new GatewayProcess();
    gateway.port = await freePort();
    const config = join(folder, 'chaos.yml');
    writeFileSync(config, configText({ folder, broker, durability, fsync, transport, workers, port: gateway.port }));
    const bug = plant === undefined ? [] : ['--import', pathToFileURL(join(PLANTED, `${plant}.mjs`)).href];
    const args = [...bug, ENTRY, 'serve', '--config', config, '--ready-fd', '3'];
    gateway.#child = new Child(() => ({ program: process.execPath, args, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] }));
    await gateway.restart();
    return gateway;
  }

  kill() {
    return this.#child.kill();
  }

  async restart() {
    const child = this.#child.spawn();
    const ready = new Promise((resolve) => createInterface({ input: child.stdio[3] }).once('line', resolve));
    const ended = new Promise((resolve) => child.once('close', () => resolve(undefined)));
    if ((await Promise.race([ready, ended])) === undefined)
      throw new Error(`the gateway ended:\n${this.#child.output}`);
    this.#firstWorkers = new Set(this.workers.map(({ pid }) => pid));
  }

  /** Ends in good order: everything accepted has to be with the broker then. */
  async stop() {
    const { code, signal } = await this.#child.kill('SIGTERM');
    if (code !== 0) throw new Error(`the gateway ended with ${code ?? signal}:\n${this.#child.output}`);
  }

  /** Its worker processes: `{worker, pid}`, numbered as ids of connections have them. */
  get workers() {
    return childrenOf(this.#child.pid).flatMap((pid) => {
      const worker = Number(/\0worker\0(\d+)\0/.exec(commandOf(pid))?.[1]);
      return Number.isNaN(worker) ? [] : [{ worker, pid }];
    });
  }

  /** Those of `workers` that clients can connect to. */
  get listeningWorkers() {
    const restarted = new Set(
      [...this.#child.output.matchAll(/"pid":(\d+),"event":"worker\.listening"/g)].map(([, pid]) => Number(pid)),
    );
    return this.workers.filter(({ pid }) => this.#firstWorkers.has(pid) || restarted.has(pid));
  }

  get output() {
    return this.#child.output;
  }
}

function childrenOf(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/** The command line of a process, each argument with a NUL after it; '' once it has ended. */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

function configText({ folder, broker, durability, fsync, transport, workers, port }) {
  return [
    `listen_addr: 127.0.0.1:${port}`,
    `transport: ${transport}`,
    `workers: ${workers}`,
    'endpoints:\n  - path: /ws\n    set_tags: {run: chaos}\n    stream_include_tags: [run]',
    'drain: {close_spread_s: 0, flush_timeout_s: 30}',
    `outbox: {dir: ${JSON.stringify(join(folder, 'outbox'))}, durability: ${durability}, fsync: ${fsync}, segment_bytes: 1048576}`,
    broker.sinkConfig,
  ].join('\n');
}
