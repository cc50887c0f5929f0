import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** Where a program of an example runs. */
export interface ExampleOptions {
  readonly cwd: string;
  /** Added to the environment of the tests. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A program of an example and the lines that it prints; it is killed at the end of the test. */
export class ExampleProgram {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  readonly #lines: string[] = [];
  #waiting: (() => void)[] = [];

  constructor(command: string, args: readonly string[], { cwd, env }: ExampleOptions) {
    // A process group of its own, so that the children of a shell script end with it.
    this.#child = spawn(command, args, { cwd, env: { ...process.env, ...env }, detached: true });
    this.#ended = once(this.#child, 'close');
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: output }).on('line', (line) => {
        this.#lines.push(line);
        this.#wake();
      });
    }
    this.#child.once('close', () => this.#wake());
    onTestFinished(() => this.kill());
  }

  /** The lines so far. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Resolves with the lines so far once `count` of them match; rejects when the program ends first. */
  async until(pattern: RegExp, count = 1): Promise<readonly string[]> {
    while (this.#lines.filter((line) => pattern.test(line)).length < count) {
      if (!this.#isRunning) throw new Error(`ended before it printed ${pattern}:\n${this.#lines.join('\n')}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return [...this.#lines];
  }

  /** Writes a line to its standard input. */
  type(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Ends its standard input and waits for its end. */
  async leave(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  /** Kills it and its children with SIGKILL, as a crash does. */
  async kill(): Promise<void> {
    if (this.#isRunning && this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    await this.#ended;
  }

  get #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
