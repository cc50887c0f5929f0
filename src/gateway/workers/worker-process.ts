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
  readonly #options: WorkerProcessOptions;
  readonly #worker: Worker;
  #awaited: Awaited[] = [];
  #fail: (error: Error) => void = () => undefined;
  #heardAtMs: number;
  #hasListened = false;
  #hasEnded = false;

  constructor(options: WorkerProcessOptions) {
    const { entry, start, clock } = options;
    this.#options = options;
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
    const failed = new Promise<never>((_resolve, reject) => (this.#fail = reject));
    this.listening = Promise.race([this.#next('listening'), failed]);
    // A failure after which nobody waits any more is reported as the end of the process.
    this.listening.catch(ignore);
    this.empty = this.#next('empty');
    void this.ended.then((how) => this.#end(how));
    child.on('message', (raw) => this.#take(raw));
  }

  /** Whether clients could ever connect. */
  get hasListened(): boolean {
    return this.#hasListened;
  }

  /** Whether clients can connect. */
  get isListening(): boolean {
    return this.#hasListened && !this.#hasEnded;
  }

  /** Time since the last message of the process, which sends one each second. */
  get silentMs(): number {
    return this.#options.clock.now() - this.#heardAtMs;
  }

  /** Counts the silence from now on: a message came, or this process did not read meanwhile. */
  restartSilence(): void {
    this.#heardAtMs = this.#options.clock.now();
  }

  /** Sends a message; does nothing when the process is gone. */
  send(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message, ignore);
  }

  /** Resolves when the process has reloaded its files, or ended. */
  reload(): Promise<void> {
    const reloaded = this.#next('reloaded');
    this.send({ kind: 'reload' });
    return reloaded;
  }

  /** Ends the process at once, even one that hangs or is stopped. */
  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #take(raw: unknown): void {
    const message = readFromWorker(raw);
    if (message === undefined) return;
    this.restartSilence();
    if (message.kind === 'loaded') this.send(this.#options.start);
    if (message.kind === 'failed') this.#fail(errorOf(message));
    if (message.kind === 'listening') this.#hasListened = true;
    this.#reach(({ kind }) => kind === message.kind);
  }

  #end(how: string): void {
    this.#hasEnded = true;
    const hint = 'Its last log lines may say why.';
    this.#fail(new WsgError('gateway.start-failed', `A worker process did not start: ${how}.`, { hint }));
    this.#reach(() => true);
  }

  /** Resolves at the next message of this kind, or when the process has ended. */
  #next(kind: FromWorker['kind']): Promise<void> {
    return new Promise((resolve) => {
      if (this.#hasEnded) resolve();
      else this.#awaited.push({ kind, resolve });
    });
  }

  #reach(isReached: (awaited: Awaited) => boolean): void {
    const reached = this.#awaited.filter(isReached);
    this.#awaited = this.#awaited.filter((awaited) => !reached.includes(awaited));
    for (const { resolve } of reached) resolve();
  }
}

/** A message that somebody waits for. */
interface Awaited {
  readonly kind: FromWorker['kind'];
  readonly resolve: () => void;
}

/**
 * Starts the process through node:cluster, which hands each connection to the next worker and ends
 * a worker when its supervisor is gone. Workers that accept from one shared socket would get 14 to
 * 41 % of the connections of a storm instead of a quarter each; measured by bench/workers.
 */
function fork(entry: string, worker: number): Worker {
  cluster.schedulingPolicy = cluster.SCHED_RR;
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
function ignore(): void {}
