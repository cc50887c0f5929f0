import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installCommand, type DebianPackage } from './debian-packages.js';

/** How a broker is run. */
export interface BrokerCommand extends DebianPackage {
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Resolves once the broker accepts connections. It is called after each start, and again 50 ms
   * after it rejects.
   */
  readonly isReady: () => Promise<void>;
}

const START_TRIES = 1_200;
const TRY_EACH_MS = 50;

/**
 * A real broker as a child process with its own data folder. It keeps port and data through `kill`
 * and `start`. The caller has to `dispose` it.
 */
export class BrokerProcess {
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #output = '';

  readonly #command: BrokerCommand;

  private constructor(
    readonly folder: string,
    command: BrokerCommand,
  ) {
    this.#command = command;
  }

  /** Makes the data folder and starts the broker; the error names the package that is missing. */
  static async start(compose: (folder: string) => BrokerCommand): Promise<BrokerProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'wsg-broker-'));
    const command = compose(folder);
    requireProgram(command);
    const broker = new BrokerProcess(folder, command);
    await broker.start();
    return broker;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Everything that the broker has printed, for error messages. */
  get output(): string {
    return this.#output;
  }

  /** Starts the broker again on its old data. */
  async start(): Promise<void> {
    const { program, args, env } = this.#command;
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (this.#output += String(chunk)));
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
    await this.#untilReady(child);
  }

  /**
   * Kills the broker with SIGKILL, as a crash does, or with another signal; resolves when it has
   * ended.
   */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child?.kill(signal);
    await this.#ended;
  }

  /** Stops the process with SIGSTOP: connections stay open and nothing answers, until `thaw`. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    for (let tries = 0; tries < START_TRIES; tries++) {
      if (child.exitCode !== null || child.signalCode !== null) break;
      const isReady = await this.#command.isReady().then(
        () => true,
        () => false,
      );
      if (isReady) return;
      await new Promise((resolve) => setTimeout(resolve, TRY_EACH_MS));
    }
    throw new Error(`${this.#command.program} did not come up:\n${this.#output}`);
  }
}

/**
 * Below the kernel's ephemeral ports, so that a broker finds its port free when it is restarted.
 */
const FIRST_PORT = 12_000;
const PORTS = 20_000;

/** A free port of loopback outside the ephemeral range. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + randomInt(PORTS);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}

/** Throws with the command that installs what is missing. */
export function requireProgram({ program, debianPackage }: DebianPackage): void {
  if (!existsSync(program)) throw new Error(`${program} is missing; as root: ${installCommand([debianPackage])}`);
}
