import { Worker } from 'node:worker_threads';
import { errorMessage, WsgError } from '../../core/error.js';
import type { SampleBatch } from '../metric/sample-batch.js';
import {
  isFromThread,
  type CrashedMessage,
  type EndMessage,
  type InitFailedMessage,
  type LogMessage,
  type SecondMessage,
  type SetUpOutcome,
  type ThreadStart,
  type ToThread,
  type VerdictMessage,
} from './protocol.js';

/** Receives the messages of a load thread. */
export interface LoadThreadDeps {
  secondEnded(message: SecondMessage): void;
  takeSamples(batch: SampleBatch): void;
  takeScriptMessage(message: LogMessage | VerdictMessage): void;
}

const ENTRY = new URL('./worker.js', import.meta.url);

/** The parent's side of a load thread. */
export class LoadThread {
  /** Resolve when the thread has reached the step, or has ended. */
  readonly ready: Promise<void>;
  readonly setUp: Promise<SetUpOutcome | undefined>;
  readonly usersDone: Promise<void>;
  readonly #resolveReady: () => void;
  readonly #resolveSetUp: (outcome: SetUpOutcome | undefined) => void;
  readonly #resolveUsersDone: () => void;
  #worker: Worker | undefined;
  /** Its last message. */
  #outcome: EndMessage | InitFailedMessage | undefined;
  #crash: unknown;
  #isCut = false;

  readonly #start: ThreadStart;
  readonly #deps: LoadThreadDeps;
  readonly #entry: URL;

  /** `entry` is the file that the thread runs; the default is next to this file. */
  constructor(start: ThreadStart, deps: LoadThreadDeps, entry: URL = ENTRY) {
    this.#start = start;
    this.#deps = deps;
    this.#entry = entry;
    [this.ready, this.#resolveReady] = milestone<void>();
    [this.setUp, this.#resolveSetUp] = milestone<SetUpOutcome | undefined>();
    [this.usersDone, this.#resolveUsersDone] = milestone<void>();
  }

  /**
   * Starts the thread and resolves when it has ended: with its last message, or undefined if it was
   * cut. Throws `thread.crashed` if it ended prematurely, and `script.failed` if its script could
   * not be loaded. Seconds that it reported before are kept.
   */
  async run(): Promise<EndMessage | undefined> {
    const name = `wsg-load-${this.#start.shard.index}`;
    const worker = new Worker(this.#entry, { workerData: this.#start, name });
    this.#worker = worker;
    worker.on('message', (message: unknown) => this.#receive(message));
    worker.on('error', (error) => {
      this.#crash = error;
    });
    const exitCode = await new Promise<number>((resolve) => {
      worker.once('exit', resolve);
    });
    // The thread's last message may still be in transit.
    await new Promise((resolve) => void setImmediate(resolve));
    this.#resolveReady();
    this.#resolveSetUp(undefined);
    this.#resolveUsersDone();
    const outcome = this.#outcome;
    if (outcome?.type === 'initFailed') throw new WsgError('script.failed', outcome.text);
    if (outcome !== undefined || this.#isCut) return outcome;
    const reason = this.#crash === undefined ? `it exited with ${exitCode}` : errorMessage(this.#crash);
    throw new WsgError('thread.crashed', `a load thread crashed: ${reason}`, {
      cause: this.#crash,
      hint: 'The run file contains the data that was recorded before.',
    });
  }

  /** Sends a message; no effect if the thread has ended. */
  send(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  /** Ends the thread immediately. The current second is lost. */
  async cut(): Promise<void> {
    this.#isCut = true;
    await this.#worker?.terminate();
  }

  /**
   * Ends a thread that does not respond any more: `run` then throws `thread.crashed` with the
   * reason.
   */
  async giveUp(reason: string): Promise<void> {
    this.#crash ??= new Error(reason);
    await this.#worker?.terminate();
  }

  #receive(message: unknown): void {
    if (!isFromThread(message)) return;
    switch (message.type) {
      case 'ready':
        return this.#resolveReady();
      case 'setUp':
        return this.#resolveSetUp(message.outcome);
      case 'usersDone':
        return this.#resolveUsersDone();
      case 'samples':
        return this.#deps.takeSamples(message.batch);
      case 'second':
        return this.#deps.secondEnded(message);
      case 'log':
      case 'verdict':
        return this.#deps.takeScriptMessage(message);
      default:
        this.#end(message);
    }
  }

  #end(message: EndMessage | InitFailedMessage | CrashedMessage): void {
    if (message.type === 'crashed') this.#crash ??= new Error(message.text);
    else this.#outcome = message;
  }
}

function milestone<T>(): [promise: Promise<T>, resolveIt: (value: T) => void] {
  let resolveIt: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    resolveIt = resolve;
  });
  return [promise, resolveIt];
}
