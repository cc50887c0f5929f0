import { spawn } from 'node:child_process';

/**
 * A child process that can be killed and started again, always by its own id; its output is kept
 * for the case that something fails.
 */
export class Child {
  #compose;
  #process;
  #ended = Promise.resolve();
  #log = '';

  /** `compose` returns `{program, args, stdio}` for each start. */
  constructor(compose) {
    this.#compose = compose;
  }

  get isRunning() {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  get output() {
    return this.#log;
  }

  spawn() {
    const { program, args, stdio = ['ignore', 'pipe', 'pipe'] } = this.#compose();
    const child = spawn(program, args, { stdio });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => this.#keep(chunk));
    this.#ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
    this.#process = child;
    return child;
  }

  get pid() {
    return this.#process?.pid;
  }

  signal(name) {
    this.#process?.kill(name);
  }

  /** Resolves to how it ended. */
  async kill(signal = 'SIGKILL') {
    this.#process?.kill(signal);
    return this.#ended;
  }

  #keep(chunk) {
    this.#log = (this.#log + chunk).slice(-64_000);
  }
}
