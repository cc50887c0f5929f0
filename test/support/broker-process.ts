import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a broker is run. */
export interface BrokerCommand {
  /** Debian's package that holds the program. */
  readonly debianPackage: string;
  /** Absolute path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Resolves once it takes connections; is called again after each start, and rejects to be asked again 50 ms later. */
  readonly isReady: () => Promise<void>;
}

const START_TRIES = 1_200;
const TRY_EACH_MS = 50;

/**
 * A real broker as a child process with a data folder of its own. It keeps port and data through `kill` and `start`,
 * so that a restart is a restart. Whoever makes one has to `dispose` it.
 */
export class BrokerProcess {
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #output = '';

  private constructor(
    readonly folder: string,
    private readonly command: BrokerCommand,
  ) {}

  /** Makes the data folder, installs the package where that is missing and possible, and starts the broker. */
  static async start(compose: (folder: string) => BrokerCommand): Promise<BrokerProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'wsg-broker-'));
    const command = compose(folder);
    installBroker(command);
    const broker = new BrokerProcess(folder, command);
    await broker.start();
    return broker;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Everything that it printed, for error messages. */
  get output(): string {
    return this.#output;
  }

  /** Starts it again on its old data. */
  async start(): Promise<void> {
    const { program, args, env } = this.command;
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (this.#output += String(chunk)));
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
    await this.#untilReady(child);
  }

  /** Ends it at once, as a crash does, unless another signal is given; resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child?.kill(signal);
    await this.#ended;
  }

  /** Stops it in its tracks: connections stay, nothing answers. `thaw` lets it go on. */
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
      const isReady = await this.command.isReady().then(
        () => true,
        () => false,
      );
      if (isReady) return;
      await new Promise((resolve) => setTimeout(resolve, TRY_EACH_MS));
    }
    throw new Error(`${this.command.program} did not come up:\n${this.#output}`);
  }
}

/** Below the range from which the kernel takes ports for others: a broker that is restarted finds its port free. */
const FIRST_PORT = 12_000;
const PORTS = 20_000;

/** A port of loopback that nobody listens on, and that nobody is given by asking for any. */
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

/** Brokers come from Debian's packages: installed by root, one installation at a time, else the error names the command. */
export function installBroker({ program, debianPackage }: Pick<BrokerCommand, 'program' | 'debianPackage'>): void {
  if (existsSync(program)) return;
  const how = `apt-get update && apt-get install -y --no-install-recommends ${debianPackage}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(`${program} is missing; as root: ${how}`);
  }
  const args = [
    '--exclusive',
    '--timeout',
    '600',
    INSTALL_LOCK,
    'sh',
    '-c',
    INSTALL_SCRIPT,
    'sh',
    debianPackage,
    program,
  ];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stdout, stderr } = spawnSync('flock', args, { env, encoding: 'utf8' });
  if (status !== 0 || !existsSync(program)) {
    throw new Error(`${program} is missing and could not be installed with '${how}':\n${stdout}\n${stderr}`);
  }
}

const INSTALL_LOCK = join(tmpdir(), 'wsg-install-broker.lock');

/**
 * Whoever held the lock before may have installed it already. While packages are installed no service is started, as
 * long as nobody else has said what is to happen: the tests' brokers are their own, and a broker on a default port would
 * only be in the way.
 */
const INSTALL_SCRIPT = `
[ -e "$2" ] && exit 0
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$1"
`;
