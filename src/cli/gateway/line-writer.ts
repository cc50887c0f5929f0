import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { systemErrorCode } from '../../core/error.js';

/** How often a reader that has stopped is tried again. */
const TRY_EACH_MS = 50;
/** The same at the end, when the process waits for it. */
const TRY_AT_END_MS = 5;

export interface LineWriterOptions {
  readonly fd: number;
  /** The line, with its newline, that stands where `lines` were dropped. */
  readonly gapLine: (lines: number) => string;
  /**
   * Bytes that wait for a reader which has stopped; what comes beyond is dropped. Default 1 MiB.
   */
  readonly maxWaitingBytes?: number;
}

interface Waiting {
  readonly bytes: Uint8Array;
  /** A gap line stands for those that were dropped, and is not counted among them again. */
  readonly missing: number;
}

/**
 * Writes whole lines to a file descriptor and never waits for its reader: what a full pipe does not
 * take waits within a bound, then is dropped and counted. Lines are never torn. A reader that has
 * gone is tried anew with each line.
 */
export class LineWriter {
  readonly #fd: number;
  readonly #options: LineWriterOptions;
  readonly #maxWaitingBytes: number;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Bytes of the first waiting line that have been written. */
  #begun = 0;
  /** Dropped since the last gap line. */
  #missing = 0;
  #dropped = 0;
  /** The last thing written is half a line. */
  #isTorn = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LineWriterOptions) {
    this.#options = options;
    this.#fd = openWithoutBlocking(options.fd);
    this.#maxWaitingBytes = options.maxWaitingBytes ?? 1024 * 1024;
  }

  /** Lines that were dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes one line with its newline. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waiting.length > 0 && (this.#missing > 0 || this.#waitingBytes + bytes.length > this.#maxWaitingBytes)) {
      this.#drop(1);
      return;
    }
    this.#push({ bytes, missing: 0 });
    if (this.#timer === undefined) this.#advance();
  }

  /** Resolves when all is written, or after `boundMs`. */
  async flush(boundMs: number): Promise<void> {
    const endsAt = performance.now() + boundMs;
    for (;;) {
      this.#advance();
      if (this.#waiting.length === 0 || performance.now() >= endsAt) return;
      await new Promise((resolve) => setTimeout(resolve, TRY_AT_END_MS));
    }
  }

  /** As `flush`, for a process that ends in this tick. */
  flushNow(boundMs: number): void {
    const endsAt = performance.now() + boundMs;
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (;;) {
      this.#advance();
      if (this.#waiting.length === 0 || performance.now() >= endsAt) return;
      Atomics.wait(never, 0, 0, TRY_AT_END_MS);
    }
  }

  #push(waiting: Waiting): void {
    if (this.#missing > 0 && this.#waiting.length === 0) this.#pushGap();
    this.#waiting.push(waiting);
    this.#waitingBytes += waiting.bytes.length;
  }

  #pushGap(): void {
    const missing = this.#missing;
    this.#missing = 0;
    // After half a line, which the disk had room for, the next one begins on a line of its own.
    this.#push({ bytes: Buffer.from(`${this.#isTorn ? '\n' : ''}${this.#options.gapLine(missing)}`), missing });
  }

  #drop(lines: number): void {
    this.#missing += lines;
    this.#dropped += lines;
  }

  /** Writes until the reader takes no more, and then looks again in a while. */
  #advance(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let first = this.#first();
    while (first !== undefined) {
      const outcome = this.#writeOnce(first.bytes);
      if (outcome === 'full') {
        this.#timer = setTimeout(() => this.#advance(), TRY_EACH_MS).unref();
        return;
      }
      if (outcome === 'broken') return;
      first = this.#first();
    }
  }

  /**
   * What is to be written next; after the last waiting line, the word of those that were dropped
   * behind it.
   */
  #first(): Waiting | undefined {
    if (this.#waiting.length === 0 && this.#missing > 0) this.#pushGap();
    return this.#waiting[0];
  }

  #writeOnce(bytes: Uint8Array): 'written' | 'full' | 'broken' {
    try {
      this.#begun += writeSync(this.#fd, bytes, this.#begun);
      if (this.#begun < bytes.length) return 'written';
      this.#begun = 0;
      this.#isTorn = false;
      this.#waiting.shift();
      this.#waitingBytes -= bytes.length;
      return 'written';
    } catch (error) {
      if (systemErrorCode(error) === 'EAGAIN') return 'full';
      this.#giveUp();
      return 'broken';
    }
  }

  /** The reader has gone, or the disk is full: nothing waits for that. */
  #giveUp(): void {
    const waiting = this.#waiting.splice(0);
    this.#waitingBytes = 0;
    if (this.#begun > 0) this.#isTorn = true;
    this.#begun = 0;
    for (const { missing } of waiting) {
      if (missing === 0) this.#drop(1);
      else this.#missing += missing;
    }
  }
}

/**
 * A pipe or terminal is opened anew, so that the mode is ours alone: programs that share the old
 * descriptor would meet EAGAIN. Where that is not allowed, or for a socket, Node's stream over
 * standard error sets the mode of the shared one, as it does anyway.
 */
function openWithoutBlocking(fd: number): number {
  const stat = fstatSync(fd);
  if (stat.isFIFO() || stat.isCharacterDevice()) {
    try {
      return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch {
      // Below.
    }
  }
  void (fd === 2 && process.stderr.writable);
  return fd;
}
