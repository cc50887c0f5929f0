import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Readable, Stream } from 'node:stream';
import { type Clock, systemClock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import type { ListenAddress } from '../../core/listen-address.js';
import { parseReadyLine } from './ready-line.js';

const START_BOUND_MS = 20_000;
const STOP_BOUND_MS = 30_000;
const KEPT_LINES = 10;

export interface GatewayProcessOptions {
  /** Path of the `wsg` script, or of another that supports `--ready-fd`. */
  readonly entry: string;
  /** Name in messages. Default: 'The gateway'. */
  readonly title?: string;
  /** Hint of the error when it does not start. */
  readonly hint?: string;
  /** The command and its flags; `--ready-fd` is added. */
  readonly args: readonly string[];
  /** Working directory, where it looks for a configuration. Default: the current one. */
  readonly cwd?: string;
  /** Receives each log line, without its newline. */
  readonly onLine: (line: string) => void;
  /** Called with a description when the gateway exits after its start without being stopped. */
  readonly onDeath?: (how: string) => void;
  readonly clock?: Clock;
}

/**
 * A gateway as a child process. It has its own process group, so that a terminal's Ctrl-C reaches
 * only the parent. It stops by itself when the parent exits, because the IPC channel then closes.
 */
export class GatewayProcess {
  readonly #options: GatewayProcessOptions;
  readonly #clock: Clock;
  readonly #lastLines: string[] = [];
  #child: ChildProcess | undefined;
  #exited: Promise<string> | undefined;
  #isStopping = false;

  constructor(options: GatewayProcessOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Resolves to the address once it listens. Rejects with `gateway.start-failed` and its last lines
   * when it exits before.
   */
  async start(): Promise<ListenAddress> {
    const child = spawn(process.execPath, [this.#options.entry, ...this.#options.args, '--ready-fd', '3'], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
      cwd: this.#options.cwd,
      detached: process.platform !== 'win32',
    });
    this.#child = child;
    this.#exited = waitForExit(child);
    for (const stream of [child.stdout, child.stderr]) this.#followLines(stream);
    const timeout = this.#after(START_BOUND_MS, `it did not listen within ${START_BOUND_MS / 1000} s`);
    const outcome = await Promise.race([readAddress(child), this.#exited, timeout.promise]);
    timeout.cancel();
    if (typeof outcome !== 'string') {
      void this.#watch(this.#exited);
      return outcome;
    }
    await this.stop();
    throw new WsgError('gateway.start-failed', `${this.#options.title ?? 'The gateway'} did not start: ${outcome}.`, {
      problems: this.#lastLines,
      hint: this.#options.hint ?? 'Run `wsg devhelpers` to see its whole log.',
    });
  }

  /**
   * Sends SIGTERM, and SIGKILL if the process does not exit in time. May be called at any time,
   * repeatedly.
   */
  async stop(): Promise<void> {
    if (this.#child === undefined || this.#exited === undefined) return;
    this.#isStopping = true;
    this.#child.kill('SIGTERM');
    const timeout = this.#after(STOP_BOUND_MS, 'late');
    await Promise.race([this.#exited, timeout.promise]);
    timeout.cancel();
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async #watch(exited: Promise<string>): Promise<void> {
    const how = await exited;
    if (!this.#isStopping) this.#options.onDeath?.(how);
  }

  #followLines(stream: Readable | null): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => {
      this.#lastLines.push(line);
      if (this.#lastLines.length > KEPT_LINES) this.#lastLines.shift();
      this.#options.onLine(line);
    });
  }

  #after(delayMs: number, word: string): { readonly promise: Promise<string>; readonly cancel: () => void } {
    let cancel = (): void => undefined;
    const promise = new Promise<string>((resolve) => {
      cancel = this.#clock.schedule(() => resolve(word), delayMs);
    });
    return { promise, cancel };
  }
}

/** Resolves to a description of how the process exited, once its streams were read to their end. */
function waitForExit(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(errorMessage(error)));
    child.once('close', (code, signal) =>
      resolve(signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`),
    );
  });
}

/** Never resolves when the process exits without listening; `waitForExit` reports that. */
function readAddress(child: ChildProcess): Promise<ListenAddress> {
  return new Promise((resolve) => {
    const pipe = child.stdio[3];
    if (!(pipe instanceof Stream.Readable)) return;
    createInterface({ input: pipe }).once('line', (line) => {
      const address = parseReadyLine(line);
      if (address !== undefined) resolve(address);
    });
  });
}
