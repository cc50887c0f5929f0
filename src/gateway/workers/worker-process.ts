import cluster, { type Worker } from 'node:cluster';
import type { Clock } from '../../core/clock.js';
import { errorMessage, ERROR_CATALOGUE, WsgError, type ErrorCode } from '../../core/error.js';
import { readFromWorker, type FromWorker, type ToWorker, type WorkerStart } from './worker-control.js';

export interface WorkerProcessOptions {
  /** The module that the process runs. */
  readonly entry: string;
  readonly start: WorkerStart;
  readonly clock: Clock;
}

/** One process that holds connections, as its supervisor sees it, from its start to its end. */
export class WorkerProcess {
  readonly pid: number;
  /** Resolves when clients can connect; rejects with the worker's error, or when it ended before. */
  readonly listening: Promise<void>;
  /** Resolves when the worker has closed all connections and their events have arrived, or ended. */
  readonly empty: Promise<void>;
  /** Resolves to a description of how the process ended. */
  readonly ended: Promise<string>;
  readonly #clock: Clock;
  readonly #worker: Worker;
  #heardAtMs: number;
  #hasListened = false;
  #hasEnded = false;

  constructor({ entry, start, clock }: WorkerProcessOptions) {
    this.#clock = clock;
    this.#heardAtMs = clock.now();
    this.#worker = fork(entry, start.worker);
    const { process: child } = this.#worker;
    this.pid = child.pid ?? 0;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(errorMessage(error)));
      child.once('exit', (code, signal) =>
        resolve(signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`),
      );
    });
    void this.ended.then(() => (this.#hasEnded = true));
    this.listening = this.#untilListening();
    // A failure after which nobody waits any more is reported as the end of the process.
    this.listening.catch(() => undefined);
    this.empty = Promise.race([this.#untilEmpty(), this.ended.then(() => undefined)]);
    child.on('message', () => (this.#heardAtMs = this.#clock.now()));
    this.#onMessage(({ kind }) => {
      if (kind === 'loaded') this.send(start);
    });
  }

  /** Whether clients can connect. */
  get isListening(): boolean {
    return this.#hasListened && !this.#hasEnded;
  }

  /** Time since the last message of the process, which sends one each second. */
  get silentMs(): number {
    return this.#clock.now() - this.#heardAtMs;
  }

  /** Excuses the silence up to now: this process did not read meanwhile. */
  excuseSilence(): void {
    this.#heardAtMs = this.#clock.now();
  }

  /** Sends a message; does nothing when the process is gone. */
  send(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message, ignoreError);
  }

  /** Ends the process at once, even one that hangs or is stopped. */
  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #untilListening(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onMessage((message) => {
        if (message.kind === 'failed') reject(errorOf(message));
        if (message.kind !== 'listening') return;
        this.#hasListened = true;
        resolve();
      });
      const hint = 'Its last log lines may say why.';
      void this.ended.then((how) =>
        reject(new WsgError('gateway.start-failed', `A worker process did not start: ${how}.`, { hint })),
      );
    });
  }

  #untilEmpty(): Promise<void> {
    return new Promise((resolve) => {
      this.#onMessage(({ kind }) => {
        if (kind === 'empty') resolve();
      });
    });
  }

  #onMessage(listener: (message: FromWorker) => void): void {
    this.#worker.process.on('message', (raw) => {
      const message = readFromWorker(raw);
      if (message !== undefined) listener(message);
    });
  }
}

/**
 * Starts the process through node:cluster, whose workers share one listening socket, and which ends
 * a worker when its supervisor is gone.
 */
function fork(entry: string, worker: number): Worker {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'];
  cluster.setupPrimary({ exec: entry, args: ['worker', String(worker)], serialization: 'advanced', stdio });
  return cluster.fork();
}

function errorOf({ code, message, hint, problems }: Extract<FromWorker, { kind: 'failed' }>): Error {
  return isErrorCode(code) ? new WsgError(code, message, { hint, problems }) : new Error(message);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, code);
}

/** The process is gone, which its end reports. */
function ignoreError(): void {}
