import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { errorMessage, WsgError } from '../../core/error.js';

/** Maximum number of bytes that wait for a slow disk. */
const MAX_WAITING_BYTES = 16 * 2 ** 20;
const STOP_BOUND_MS = 10_000;

/**
 * A text file that is written as fast as the disk allows. What does not fit into the queue is
 * dropped and counted. Compressed if the name ends in `.gz`.
 */
export class SampleFile {
  #sink: Writable | undefined;
  #isWritten: Promise<void> = Promise.resolve();
  #failure: string | undefined;
  #isOpen = false;
  #lost = 0;

  readonly #path: string;
  readonly #mostWaitingBytes: number;
  readonly #stdout: Writable;

  constructor(path: string, mostWaitingBytes = MAX_WAITING_BYTES, stdout: Writable = process.stdout) {
    this.#path = path;
    this.#mostWaitingBytes = mostWaitingBytes;
    this.#stdout = stdout;
  }

  /** Throws `output.failed` if the file cannot be created. */
  async start(): Promise<void> {
    if (isStandardOutput(this.#path)) return this.#startOnStandardOutput();
    const file = createWriteStream(this.#path);
    try {
      await once(file, 'open');
    } catch (cause) {
      throw new WsgError('output.failed', `out: ${this.#path} cannot be written: ${errorMessage(cause)}`, { cause });
    }
    this.#isOpen = true;
    const gzip = this.#path.endsWith('.gz') ? createGzip() : undefined;
    this.#sink = gzip ?? file;
    this.#isWritten = (gzip === undefined ? finished(file) : pipeline(gzip, file)).catch((error: unknown) => {
      this.#failure = errorMessage(error);
      this.#isOpen = false;
    });
  }

  /**
   * Standard output belongs to the process: it is never ended, and a closed reader is not an error.
   */
  #startOnStandardOutput(): void {
    const stdout = this.#stdout;
    this.#isOpen = true;
    this.#sink = stdout;
    stdout.once('error', () => (this.#isOpen = false));
  }

  get #name(): string {
    return isStandardOutput(this.#path) ? 'standard output' : this.#path;
  }

  /** Writes the text of `samples` samples, or counts them as lost. */
  write(text: string, samples: number): void {
    if (!this.#isOpen || this.#sink === undefined || this.#sink.writableLength > this.#mostWaitingBytes)
      this.#lost += samples;
    else this.#sink.write(text);
  }

  /** Counts samples that were lost before they reached this file. */
  countLost(samples: number): void {
    this.#lost += samples;
  }

  /** Closes the file within a bounded time. Returns a sentence for everything that is missing. */
  async stop(): Promise<readonly string[]> {
    if (isStandardOutput(this.#path)) this.#isWritten = this.#isOpen ? flushed(this.#stdout) : Promise.resolve();
    else this.#sink?.end();
    const bound = new AbortController();
    const isLate = await Promise.race([
      this.#isWritten.then(() => false),
      new Promise<boolean>((resolve) => {
        const timer = setTimeout(resolve, STOP_BOUND_MS, true);
        bound.signal.addEventListener('abort', () => clearTimeout(timer));
      }),
    ]);
    bound.abort();
    const sentences: string[] = [];
    if (this.#failure !== undefined) sentences.push(`${this.#name} could not be written: ${this.#failure}`);
    if (isLate) sentences.push(`${this.#name} was not completely written within ${STOP_BOUND_MS / 1000} s`);
    if (this.#lost > 0)
      sentences.push(`${this.#name} lacks ${this.#lost} samples that were dropped to keep up with the load`);
    return sentences;
  }
}

/** Whether an `--out` means standard output: `-`, or no file. */
export function isStandardOutput(path: string): boolean {
  return path === '' || path === '-';
}

/** Resolves when everything written before has been flushed, or never will be. */
function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
