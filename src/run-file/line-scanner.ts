import { readSync } from 'node:fs';
import { CHECKSUM_BYTES, checksumOf } from './record-line.js';

/** Kind and position of a record in the file. */
export interface RecordPlace {
  readonly kind: string;
  readonly start: number;
  readonly length: number;
}

/** An open run file, the range to scan, and the framing of its records. */
export interface FilePlace {
  readonly fd: number;
  readonly size: number;
  /** Offset of the first record. */
  readonly start: number;
  /** Whether each payload is preceded by a checksum. */
  readonly isChecked: boolean;
}

/**
 * Reason why a scan stopped: at the end of the file, within its last line, or before something that
 * is not a record.
 */
export type ScanEnd = 'end' | 'cut' | 'damaged';

const WINDOW_BYTES = 1 << 20;
/** Maximum length of `KIND LENGTH CHECKSUM `. */
const HEAD_BYTES = 64;
const LINE_FEED = 0x0a;
const SPACE = 0x20;
const DIGIT_0 = 0x30;
const LETTER_A = 0x61;
const LETTER_Z = 0x7a;

/**
 * Finds the records of a file one after the other, and reads payloads only on request: skipping a
 * record within the window of 1 MiB costs nothing, and larger records are not read at all. Reads
 * synchronously, since a report has nothing else to do, and an asynchronous call per record would
 * be slower.
 */
export class LineScanner {
  readonly #fd: number;
  readonly #size: number;
  readonly #checksumBytes: number;
  #window: Buffer;
  readonly #room = Buffer.allocUnsafe(WINDOW_BYTES);
  #windowStart = 0;
  #position: number;
  /** Offset in the window at which the last number ended. */
  #numberEnd = 0;
  #stopped: ScanEnd = 'end';

  /** Scans from the byte `start`; the caller keeps the file descriptor. */
  constructor({ fd, size, start, isChecked }: FilePlace) {
    this.#fd = fd;
    this.#size = size;
    this.#position = start;
    this.#checksumBytes = isChecked ? CHECKSUM_BYTES : 0;
    this.#window = this.#room.subarray(0, 0);
  }

  /**
   * The offset of the first line after `from`, undefined if none begins within a window. Payloads
   * contain no line feed, so a record begins there.
   */
  static lineAfter(fd: number, from: number): number | undefined {
    const bytes = Buffer.allocUnsafe(WINDOW_BYTES);
    const at = bytes.subarray(0, readSync(fd, bytes, 0, WINDOW_BYTES, from)).indexOf(LINE_FEED);
    return at < 0 ? undefined : from + at + 1;
  }

  /** The reason why `next` returned undefined. */
  get end(): ScanEnd {
    return this.#stopped;
  }

  /** Offset of the first byte after the last record. */
  get offset(): number {
    return this.#position;
  }

  /** The next complete record; undefined if there is none. */
  next(): RecordPlace | undefined {
    if (this.#position >= this.#size) return this.#stop('end');
    const from = this.#hold(this.#position, Math.min(HEAD_BYTES, this.#size - this.#position));
    const kindEnd = this.#endOfKind(from);
    const length = kindEnd === from ? undefined : this.#numberAt(kindEnd + 1);
    if (length === undefined) return this.#stop(this.#isLastLine() ? 'cut' : 'damaged');
    const start = this.#windowStart + this.#numberEnd + 1 + this.#checksumBytes;
    if (start + length >= this.#size) return this.#stop(this.#isLastLine() ? 'cut' : 'damaged');
    const kind = this.#window.toString('latin1', from, kindEnd);
    if (this.#window[this.#hold(start + length, 1)] !== LINE_FEED) return this.#stop('damaged');
    this.#position = start + length + 1;
    return { kind, start, length };
  }

  /** The decimal number at the beginning of a payload; undefined if there is none. */
  leadingNumber({ start, length }: RecordPlace): number | undefined {
    return this.#numberAt(this.#hold(start, Math.min(length, HEAD_BYTES)));
  }

  /**
   * A record's payload, valid until the next call of this method or of `next`. Throws if the
   * checksum does not match.
   */
  payload({ start, length }: RecordPlace): Buffer {
    const bytes = this.#bytes(start - this.#checksumBytes, this.#checksumBytes + length);
    const payload = bytes.subarray(this.#checksumBytes);
    if (this.#checksumBytes > 0 && bytes.toString('latin1', 0, CHECKSUM_BYTES - 1) !== checksumOf(payload))
      throw new Error('its checksum does not match');
    return payload;
  }

  #stop(reason: ScanEnd): undefined {
    this.#stopped = reason;
    return undefined;
  }

  /** Whether no line feed follows, which means that the file was truncated within this line. */
  #isLastLine(): boolean {
    for (let at = this.#position; at < this.#size; at += WINDOW_BYTES) {
      if (this.#bytes(at, Math.min(WINDOW_BYTES, this.#size - at)).includes(LINE_FEED)) return false;
    }
    return true;
  }

  #endOfKind(from: number): number {
    let at = from;
    for (
      let byte = this.#window[at];
      byte !== undefined && byte >= LETTER_A && byte <= LETTER_Z;
      byte = this.#window[at]
    ) {
      at += 1;
    }
    return this.#window[at] === SPACE ? at : from;
  }

  /**
   * Parses the digits up to a space, without a regular expression, which would be most of the cost
   * of a skipped record.
   */
  #numberAt(from: number): number | undefined {
    let at = from;
    let value = 0;
    for (
      let digit = (this.#window[at] ?? 0) - DIGIT_0;
      digit >= 0 && digit <= 9;
      digit = (this.#window[at] ?? 0) - DIGIT_0
    ) {
      value = value * 10 + digit;
      at += 1;
    }
    this.#numberEnd = at;
    return at > from && this.#window[at] === SPACE && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
  }

  #bytes(start: number, length: number): Buffer {
    if (length > WINDOW_BYTES) return this.#read(Buffer.allocUnsafe(length), start);
    const from = this.#hold(start, length);
    return this.#window.subarray(from, from + length);
  }

  /** Makes the window cover these bytes, at most its size, and returns their offset in it. */
  #hold(start: number, length: number): number {
    const from = start - this.#windowStart;
    if (from >= 0 && from + length <= this.#window.length) return from;
    this.#window = this.#read(this.#room, start);
    this.#windowStart = start;
    return 0;
  }

  #read(target: Buffer, start: number): Buffer {
    let filled = 0;
    while (filled < target.length) {
      const count = readSync(this.#fd, target, filled, target.length - filled, start + filled);
      if (count === 0) break;
      filled += count;
    }
    return target.subarray(0, filled);
  }
}
