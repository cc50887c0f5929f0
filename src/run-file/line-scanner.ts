import { readSync } from 'node:fs';

/** Where a record lies in the file. */
export interface RecordPlace {
  readonly kind: string;
  readonly start: number;
  readonly length: number;
}

/** Why a scan stopped: at the end of the file, within its last line, or before something that is no record. */
export type ScanEnd = 'end' | 'cut' | 'damaged';

const WINDOW_BYTES = 1 << 20;
/** The longest `KIND LENGTH ` that can be. */
const HEAD_BYTES = 48;
const HEAD = /^([a-z]{1,24}) (\d{1,15}) /;
const LINE_FEED = 0x0a;

/**
 * Finds the records of a file one after the other and reads payloads only when asked: what is skipped inside a window of 1 MiB costs
 * nothing, what is larger is not even read. Reads synchronously: a report has nothing else to do, and a call a record would be slower.
 */
export class LineScanner {
  private readonly fd: number;
  private readonly size: number;
  private window: Buffer;
  private readonly room = Buffer.allocUnsafe(WINDOW_BYTES);
  private windowStart = 0;
  private position: number;
  private stopped: ScanEnd = 'end';

  /** Scans from the byte `start`; the descriptor stays the caller's. */
  constructor(fd: number, size: number, start: number) {
    this.fd = fd;
    this.size = size;
    this.position = start;
    this.window = this.room.subarray(0, 0);
  }

  /** Why `next` gave undefined. */
  get end(): ScanEnd {
    return this.stopped;
  }

  /** The byte from which on nothing was read. */
  get offset(): number {
    return this.position;
  }

  /** The next whole record, or undefined when there is none. */
  next(): RecordPlace | undefined {
    if (this.position >= this.size) return this.stop('end');
    const head = this.bytes(this.position, Math.min(HEAD_BYTES, this.size - this.position)).toString('latin1');
    const match = HEAD.exec(head);
    if (match === null) return this.stop(this.isLastLine() ? 'cut' : 'damaged');
    const [matched, kind = '', lengthText = ''] = match;
    const start = this.position + matched.length;
    const length = Number(lengthText);
    if (start + length >= this.size) return this.stop(this.isLastLine() ? 'cut' : 'damaged');
    if (this.bytes(start + length, 1)[0] !== LINE_FEED) return this.stop('damaged');
    this.position = start + length + 1;
    return { kind, start, length };
  }

  /** A record's payload; valid until the next call of this or of `next`. */
  payload({ start, length }: RecordPlace): Buffer {
    return this.bytes(start, length);
  }

  private stop(reason: ScanEnd): undefined {
    this.stopped = reason;
    return undefined;
  }

  /** Whether no line feed follows: then the file was cut while this line was written. */
  private isLastLine(): boolean {
    for (let at = this.position; at < this.size; at += WINDOW_BYTES) {
      if (this.bytes(at, Math.min(WINDOW_BYTES, this.size - at)).includes(LINE_FEED)) return false;
    }
    return true;
  }

  private bytes(start: number, length: number): Buffer {
    const from = start - this.windowStart;
    if (from >= 0 && from + length <= this.window.length) return this.window.subarray(from, from + length);
    if (length > WINDOW_BYTES) return this.read(Buffer.allocUnsafe(length), start);
    this.window = this.read(this.room, start);
    this.windowStart = start;
    return this.window.subarray(0, length);
  }

  private read(target: Buffer, start: number): Buffer {
    let filled = 0;
    while (filled < target.length) {
      const count = readSync(this.fd, target, filled, target.length - filled, start + filled);
      if (count === 0) break;
      filled += count;
    }
    return target.subarray(0, filled);
  }
}
