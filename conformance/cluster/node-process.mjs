import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Child } from '../chaos/child.mjs';
import { freePort } from '../chaos/redis.mjs';

const ENTRY = join(import.meta.dirname, '../../bin/run.js');
const STOP_BOUND_MS = 45_000;

/** One node of the cluster, as a user starts it; `plant` is the URL of a module with a bug that is put into it. */
export class NodeProcess {
  #child;
  /** Number of starts before the one that runs. */
  boot = -1;
  /** Four hexadecimal digits, as answers name it. */
  name = '';
  port = 0;

  static async start({ number, folder, config, plant }) {
    const node = new NodeProcess();
    node.name = number.toString(16).padStart(4, '0');
    node.port = await freePort();
    const file = join(folder, `node-${number}.yml`);
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ ...config, listen_addr: `127.0.0.1:${node.port}`, node: { number } }));
    const bug = plant === undefined ? [] : ['--import', plant.href];
    const args = [...bug, ENTRY, 'serve', '--config', file, '--ready-fd', '3'];
    node.#child = new Child(() => ({ program: process.execPath, args, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] }));
    await node.restart();
    return node;
  }

  get isRunning() {
    return this.#child.isRunning;
  }

  /** The end of what it has logged. */
  get output() {
    return this.#child.output;
  }

  kill() {
    return this.#child.kill();
  }

  freeze() {
    this.#child.signal('SIGSTOP');
  }

  thaw() {
    this.#child.signal('SIGCONT');
  }

  async restart() {
    this.boot += 1;
    const child = this.#child.spawn();
    const ready = new Promise((resolve) => createInterface({ input: child.stdio[3] }).once('line', resolve));
    const ended = new Promise((resolve) => child.once('close', () => resolve(undefined)));
    if ((await Promise.race([ready, ended])) === undefined)
      throw new Error(`node ${this.name} ended:\n${this.#child.output}`);
  }

  /** Ends in good order; undefined, or what was wrong with that. */
  async stop() {
    if (!this.isRunning) return `node ${this.name} had ended:\n${this.output}`;
    const timer = setTimeout(() => this.#child.signal('SIGKILL'), STOP_BOUND_MS);
    const { code, signal } = await this.#child.kill('SIGTERM');
    clearTimeout(timer);
    return code === 0 ? undefined : `node ${this.name} ended with ${code ?? signal}:\n${this.output}`;
  }
}
