import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { WsgError } from '../../core/error.js';

const POLL_MS = 100;
/** Grace period of the server after SIGTERM. */
const STOP_MS = 10_000;

/** Working directory, command and address of a server. */
export interface TestedServerOptions {
  /** Its working directory: the checkout of one side. */
  readonly folder: string;
  readonly command: string;
  readonly url: string;
  readonly readyMs: number;
}

/**
 * A server under test: a shell command in its own process group, so that its child processes end
 * with it.
 */
export class TestedServer {
  readonly #child: ChildProcess;
  readonly #options: TestedServerOptions;
  #output = '';

  private constructor(options: TestedServerOptions, child: ChildProcess) {
    this.#options = options;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        this.#output = `${this.#output}${bytes.toString()}`.slice(-2000);
      });
    }
  }

  /**
   * Starts the server and waits until it accepts connections. Throws `gateway.start-failed` if it
   * exits early or takes too long.
   */
  static async start(options: TestedServerOptions): Promise<TestedServer> {
    if (await isListening(options.url))
      throw new WsgError(
        'listen.in-use',
        `Another process already listens at ${options.url}, so it would be tested instead.`,
      );
    const child = spawn('sh', ['-c', options.command], {
      cwd: options.folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new TestedServer(options, child);
    try {
      await server.#ready();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Ends the whole process group, with SIGKILL after a grace period of ten seconds. Idempotent. */
  async stop(): Promise<void> {
    this.#signal('SIGTERM');
    const until = performance.now() + STOP_MS;
    // The shell may exit before its child processes, so the address is checked as well.
    while (performance.now() < until && (!this.#hasEnded || (await isListening(this.#options.url))))
      await wait(POLL_MS);
    this.#signal('SIGKILL');
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #ready(): Promise<void> {
    const { url, readyMs, command, folder } = this.#options;
    const until = performance.now() + readyMs;
    while (!(await isListening(url))) {
      const isLate = performance.now() > until;
      if (!this.#hasEnded && !isLate) {
        await wait(POLL_MS);
        continue;
      }
      const why = isLate ? `did not listen at ${url} within ${readyMs / 1000} s` : 'exited before it listened';
      throw new WsgError('gateway.start-failed', `'${command}' in ${folder} ${why}.`, {
        problems: this.#output.trimEnd() === '' ? [] : this.#output.trimEnd().split('\n'),
      });
    }
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group does not exist any more.
    }
  }
}

async function isListening(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url);
  const secure = protocol === 'wss:' || protocol === 'https:';
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (secure ? 443 : 80) });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
