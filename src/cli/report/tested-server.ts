import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { WsgError } from '../../core/error.js';

const POLL_MS = 100;
/** How long a server may take to end after SIGTERM. */
const STOP_MS = 10_000;

/** Where a server is started, by what, and where it then listens. */
export interface ServerWish {
  /** Its working directory: the checkout of one side. */
  readonly folder: string;
  readonly command: string;
  readonly url: string;
  readonly readyMs: number;
}

/**
 * A server under test: a shell command in a process group of its own, so that whatever it starts
 * ends with it.
 */
export class TestedServer {
  readonly #child: ChildProcess;
  readonly #wish: ServerWish;
  #output = '';

  private constructor(wish: ServerWish, child: ChildProcess) {
    this.#wish = wish;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        this.#output = `${this.#output}${bytes.toString()}`.slice(-2000);
      });
    }
  }

  /**
   * Starts it and waits until its address takes connections. Throws `gateway.start-failed` when it
   * ends, or takes too long.
   */
  static async start(wish: ServerWish): Promise<TestedServer> {
    if (await isListening(wish.url))
      throw new WsgError('listen.in-use', `Something listens at ${wish.url} already, so it would be tested instead.`);
    const child = spawn('sh', ['-c', wish.command], {
      cwd: wish.folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new TestedServer(wish, child);
    try {
      await server.#ready();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Ends the whole group, by force where it takes longer than ten seconds. May be called again. */
  async stop(): Promise<void> {
    this.#signal('SIGTERM');
    const until = performance.now() + STOP_MS;
    // The shell may be gone before what it started: the address tells.
    while (performance.now() < until && (!this.#hasEnded || (await isListening(this.#wish.url)))) await wait(POLL_MS);
    this.#signal('SIGKILL');
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #ready(): Promise<void> {
    const { url, readyMs, command, folder } = this.#wish;
    const until = performance.now() + readyMs;
    while (!(await isListening(url))) {
      const isLate = performance.now() > until;
      if (!this.#hasEnded && !isLate) {
        await wait(POLL_MS);
        continue;
      }
      const why = isLate ? `did not listen at ${url} within ${readyMs / 1000} s` : 'ended before it listened';
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
      // The group is gone.
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
