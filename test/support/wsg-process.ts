import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { parseReadyLine } from '../../src/cli/gateway/ready-line.js';
import type { ListenAddress } from '../../src/core/listen-address.js';

const ENTRY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** Exit code, signal and output of a process. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of a `wsg` process. */
export interface WsgOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Script to run, by default this checkout's bin/run.js. */
  readonly entry?: string;
  /** Node to run it with, by default that of the tests. */
  readonly node?: string;
  /** Whether it leads a process group of its own, which `killGroup` signals. */
  readonly detached?: boolean;
}

/** A `wsg` process as a user starts it, with bin/run.js. It is killed at the end of the test. */
export class WsgProcess {
  readonly ended: Promise<Ending>;
  /** Resolves with the address written to `--ready-fd 3`; never when none was written. */
  readonly ready: Promise<ListenAddress>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[], options: WsgOptions = {}) {
    this.#child = spawn(options.node ?? process.execPath, [options.entry ?? ENTRY, ...args], {
      cwd: options.cwd,
      detached: options.detached,
      env: { ...process.env, NODE_ENV: undefined, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk) => this.#take({ stdout: String(chunk) }));
    this.#child.stderr?.on('data', (chunk) => this.#take({ stderr: String(chunk) }));
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#take({});
      });
    });
    this.ready = this.#readAddress();
    onTestFinished(async () => {
      this.kill('SIGKILL');
      await this.ended;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Signals every process of its group, as Ctrl-C in a terminal does. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Closes our end of its standard output, as `head` does after its last line. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  /**
   * Resolves with the match once the pattern is in one of the streams; rejects when the process
   * ends first.
   */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
      if (match !== null) return match;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`ended with ${this.#child.exitCode} without ${pattern}:\n${this.#stdout}${this.#stderr}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #take(text: { readonly stdout?: string; readonly stderr?: string }): void {
    this.#stdout += text.stdout ?? '';
    this.#stderr += text.stderr ?? '';
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #readAddress(): Promise<ListenAddress> {
    const pipe = this.#child.stdio[3];
    return new Promise((resolve) => {
      if (!(pipe instanceof Readable)) return;
      createInterface({ input: pipe }).once('line', (line) => {
        const address = parseReadyLine(line);
        if (address !== undefined) resolve(address);
      });
    });
  }
}

/** Runs `wsg` to its end. */
export function runWsg(args: readonly string[], options: WsgOptions = {}): Promise<Ending> {
  return new WsgProcess(args, options).ended;
}
