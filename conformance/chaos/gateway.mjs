import { writeFileSync } from 'node:fs';
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
  port;

  static async start({ folder, broker, durability, fsync, transport, plant }) {
    const gateway = new GatewayProcess();
    gateway.port = await freePort();
    const config = join(folder, 'chaos.yml');
    writeFileSync(config, configText({ folder, broker, durability, fsync, transport, port: gateway.port }));
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
  }

  /** Ends in good order: everything accepted has to be with the broker then. */
  async stop() {
    const { code, signal } = await this.#child.kill('SIGTERM');
    if (code !== 0) throw new Error(`the gateway ended with ${code ?? signal}:\n${this.#child.output}`);
  }

  get output() {
    return this.#child.output;
  }
}

function configText({ folder, broker, durability, fsync, transport, port }) {
  return [
    `listen_addr: 127.0.0.1:${port}`,
    `transport: ${transport}`,
    'endpoints:\n  - path: /ws\n    set_tags: {run: chaos}\n    stream_include_tags: [run]',
    'drain: {close_spread_s: 0, flush_timeout_s: 30}',
    `outbox: {dir: ${JSON.stringify(join(folder, 'outbox'))}, durability: ${durability}, fsync: ${fsync}, segment_bytes: 1048576}`,
    broker.sinkConfig,
  ].join('\n');
}
