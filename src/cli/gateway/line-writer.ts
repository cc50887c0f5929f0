import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { systemErrorCode } from '../../core/error.js';

/** Interval between attempts to write to a stalled reader. */
const TRY_EACH_MS = 50;
/** The same at the end, while the process waits. */
const TRY_AT_END_MS = 5;

export interface LineWriterOptions {
  readonly fd: number;
  /** The line, with its newline, that replaces `lines` dropped ones. */
  readonly gapLine: (lines: number) => string;
  /** Bytes buffered while the reader is stalled; further lines are dropped. Default 1 MiB. */
  readonly maxWaitingBytes?: number;
}

interface Waiting {
  readonly bytes: Uint8Array;
  /** Number of dropped lines that a gap line stands for. */
  readonly missing: number;
}

/**
 * Writes whole lines to a file descriptor and never waits for its reader. Lines that a full pipe
 * does not accept are buffered up to a limit, then dropped and counted. Lines are never torn. After
 * the reader has gone, each line is a new attempt.
 */
export class LineWriter {
  readonly #fd: number;
  readonly #options: LineWriterOptions;
  readonly #maxWaitingBytes: number;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Bytes of the first waiting line that have been written. */
  #begun = 0;
  /** Number of lines dropped since the last gap line. */
  #missing = 0;
  #dropped = 0;
  /** Whether the last write ended within a line. */
  #isTorn = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LineWriterOptions) {
    this.#options = options;
    this.#fd = openWithoutBlocking(options.fd);
    this.#maxWaitingBytes = options.maxWaitingBytes ?? 1024 * 1024;
  }

  /** Number of lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Writes one line with its newline. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waiting.length > 0 && (this.#missing > 0 || this.#waitingBytes + bytes.length > this.#maxWaitingBytes)) {
      this.#drop(1);
      return;
    }
    this.#push({ bytes, missing: 0 });
    if (this.#timer === undefined) this.#advance();
  }

  /** Resolves when all lines are written, or after `boundMs`. */
  async flush(boundMs: number): Promise<void> {
    const endsAt = performance.now() + boundMs;
    for (;;) {
      this.#advance();
      if (this.#waiting.length === 0 || performance.now() >= endsAt) return;
      await new Promise((resolve) => setTimeout(resolve, TRY_AT_END_MS));
    }
  }

  /** Synchronous version of `flush`, for a process that ends in this tick. */
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
    // After a partial line on a full disk, the next line begins with a line feed.
    this.#push({ bytes: Buffer.from(`${this.#isTorn ? '\n' : ''}${this.#options.gapLine(missing)}`), missing });
  }

  #drop(lines: number): void {
    this.#missing += lines;
    this.#dropped += lines;
  }

  /** Writes until the reader accepts no more, and schedules the next attempt. */
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

  /** The next line to write; after the last buffered one, the note about those dropped after it. */
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

  /** The reader has gone, or the disk is full: drops all buffered lines. */
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
 * Opens a pipe or terminal again, so that non-blocking mode does not affect programs that share the
 * old descriptor, which would get EAGAIN. If that is not allowed, or for a socket, Node's stream
 * for standard error sets the mode of the shared one, as it always does.
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
