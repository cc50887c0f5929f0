import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROBE = new URL('memory-probe.mjs', import.meta.url).href;
const ENTRY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const KEPT_LOG_CHARACTERS = 20_000;
const STOP_BOUND_MS = 30_000;

/**
 * `wsg serve` as an operator starts it, on a free port, with a configuration file made for it in a
 * folder of its own.
 */
export class GatewayProcess {
  #child;
  #folder;
  #log = '';
  /** Resolves to how the process ended, whenever that is: `{ code, signal }`. */
  ended;
  port = 0;

  /**
   * Resolves once the gateway listens; `config` is what stands in its file, `preload` the URLs of
   * modules loaded before it. Rejects with its log when it does not start.
   */
  static async start(config, { preload = [] } = {}) {
    const gateway = new GatewayProcess();
    gateway.#folder = mkdtempSync(join(tmpdir(), 'wsg-conformance-'));
    const file = join(gateway.#folder, 'config.yml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config, null, 2));
    const serve = [ENTRY, 'serve', '--config', file, '--listen', '127.0.0.1:0', '--ready-fd', '3'];
    const env = { ...process.env, NODE_ENV: undefined };
    const imports = [PROBE, ...preload].flatMap((url) => ['--import', url]);
    gateway.#child = spawn(process.execPath, ['--expose-gc', ...imports, ...serve], {
      env,
      // A group of its own: Ctrl-C is for the harness, which ends it when it has judged.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'ipc'],
    });
    gateway.ended = once(gateway.#child, 'exit').then(([code, signal]) => ({ code, signal }));
    gateway.#child.stderr.on('data', (chunk) => {
      gateway.#log = (gateway.#log + chunk).slice(-KEPT_LOG_CHARACTERS);
    });
    await gateway.#untilReady();
    return gateway;
  }

  get pid() {
    return this.#child.pid;
  }

  get isRunning() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The end of what it has logged. */
  get log() {
    return this.#log;
  }

  /**
   * Its memory in bytes after a collection of garbage: `rss`, `heapUsed`, `external`; undefined
   * when it has died.
   */
  async memory() {
    const answer = once(this.#child, 'message').then(([usage]) => usage);
    // A channel that is closed meanwhile is the end told below.
    this.#child.send('measure', () => undefined);
    return Promise.race([answer, this.ended.then(() => undefined)]);
  }

  /** How many files and sockets it has open. */
  openFiles() {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  kill(signal) {
    this.#child.kill(signal);
  }

  /** SIGTERM, and SIGKILL when that takes too long; resolves to how it ended. */
  async stop() {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_BOUND_MS);
    if (this.isRunning) this.#child.kill('SIGTERM');
    const ending = await this.ended;
    clearTimeout(timer);
    rmSync(this.#folder, { recursive: true, force: true });
    return ending;
  }

  async #untilReady() {
    const line = once(createInterface({ input: this.#child.stdio[3] }), 'line').then(([text]) => JSON.parse(text));
    const ended = this.ended.then(({ code }) => {
      throw new Error(`the gateway ended with ${code}:\n${this.#log}`);
    });
    // The race is over when it listens; a later end is nobody's error.
    ended.catch(() => undefined);
    this.port = (await Promise.race([line, ended])).port;
  }
}
