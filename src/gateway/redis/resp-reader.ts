import { RedisError } from './redis-error.js';

/** Encodes a command. Texts become UTF-8. */
export function encodeCommand(args: readonly (string | Uint8Array)[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = typeof arg === 'string' ? Buffer.from(arg) : arg;
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, LINE_END);
  }
  return Buffer.concat(parts);
}

const LINE_END = Buffer.from('\r\n');

/** The same as text, to be written as UTF-8. Cheaper to join when no argument is binary. */
export function commandText(args: readonly string[]): string {
  let text = `*${args.length}\r\n`;
  for (const arg of args) text += `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`;
  return text;
}

/** An error within an array, and its position. */
export interface NestedError {
  readonly index: number;
  readonly error: RedisError;
}

/**
 * An array of replies: its errors, and its texts and numbers when these are kept. A nested array
 * leaves only its place.
 */
export class RespArray {
  readonly errors: NestedError[] = [];
  /** Empty unless the reader keeps strings. Errors, missing strings and arrays are ''. */
  readonly values: (string | number)[] = [];

  /** -1 for the null array. */
  constructor(readonly length: number) {}
}

/**
 * A reply: a string, an integer, an error or an array. A bulk string is '' when it is null, or the
 * reader does not keep strings.
 */
export type RespReply = string | number | RedisError | RespArray;

const LF = 0x0a;
const MINUS = 0x2d;
const DIGIT_ZERO = 0x30;
const LETTER_D = 0x44;
const LETTER_Q = 0x51;
const TYPE = { string: 0x2b, error: 0x2d, integer: 0x3a, bulk: 0x24, array: 0x2a } as const;
/** Lines of Redis are far shorter. */
const LONGEST_LINE = 64 * 1024;
/** The limit on nested arrays; HELLO needs two levels. */
const DEEPEST = 8;
const QUEUED = 'QUEUED';
/** The offset of the end of the line "+QUEUED". */
const QUEUED_END = QUEUED.length + 2;
const NOTHING = Buffer.alloc(0);

/**
 * Reads replies of RESP 2 from a stream that may be split anywhere. Optimised for commands whose
 * result rarely matters: it skips nested arrays, and bulk strings unless it is told to keep them.
 */
export class RespReader {
  /** Whether to keep the bulk strings of the following replies. */
  keepsStrings = false;
  /** Length of the string being read, when it is kept. */
  #toKeep: number | undefined;
  #rest: Buffer = NOTHING;
  /** Outstanding bytes of a bulk string, including its line end. */
  #toSkip = 0;
  #array: RespArray | undefined;
  #arrayIndex = 0;
  /** The arrays around the one being read, and the progress in each. */
  readonly #outer: { readonly array: RespArray; readonly index: number }[] = [];
  #progress = 0;

  readonly #onReply: (reply: RespReply) => void;

  constructor(onReply: (reply: RespReply) => void) {
    this.#onReply = onReply;
  }

  /** The number of complete replies and members of arrays. */
  get progress(): number {
    return this.#progress;
  }

  /**
   * Calls `onReply` for each complete reply. Throws when the bytes are not RESP 2; the stream is
   * unusable then.
   */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = this.#read(bytes);
    this.#rest = end === bytes.length ? NOTHING : Buffer.from(bytes.subarray(end));
    if (this.#rest.length > LONGEST_LINE && this.#toKeep === undefined)
      throw new Error('Redis sent a line without an end.');
  }

  /** Returns the offset behind what it read. Hot: three lines an event (bench/inbound). */
  #read(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#toSkip > 0) {
        const skipped = Math.min(this.#toSkip, bytes.length - at);
        this.#toSkip -= skipped;
        at += skipped;
        if (this.#toSkip === 0) this.#complete('');
        continue;
      }
      if (this.#toKeep !== undefined) {
        const end = at + this.#toKeep;
        if (end + 2 > bytes.length) break;
        this.#toKeep = undefined;
        this.#complete(bytes.toString('utf8', at, end));
        at = end + 2;
        continue;
      }
      const end = lineEnd(bytes, at);
      if (end === bytes.length) break;
      this.#readLine(bytes, at, end - 1);
      at = end + 1;
    }
    return at;
  }

  #readLine(bytes: Buffer, start: number, end: number): void {
    switch (bytes[start]) {
      case TYPE.string:
        this.#complete(isQueued(bytes, start, end) ? QUEUED : bytes.toString('latin1', start + 1, end));
        break;
      case TYPE.error:
        this.#complete(new RedisError(bytes.toString('utf8', start + 1, end)));
        break;
      case TYPE.integer:
        this.#complete(readInteger(bytes, start + 1, end));
        break;
      case TYPE.bulk:
        this.#beginBulk(readInteger(bytes, start + 1, end));
        break;
      case TYPE.array:
        this.#beginArray(readInteger(bytes, start + 1, end));
        break;
      default:
        throw new Error('What answers is not Redis.');
    }
  }

  #beginBulk(length: number): void {
    if (length < 0) this.#complete('');
    else if (this.keepsStrings) this.#toKeep = length;
    else this.#toSkip = length + 2;
  }

  #beginArray(length: number): void {
    if (length <= 0) {
      if (this.#array === undefined) this.#onReply(new RespArray(length));
      else this.#complete('');
      return;
    }
    if (this.#outer.length > DEEPEST) throw new Error('Redis sent arrays that lie too deep.');
    if (this.#array !== undefined) this.#outer.push({ array: this.#array, index: this.#arrayIndex });
    this.#array = new RespArray(length);
    this.#arrayIndex = 0;
  }

  #complete(reply: string | number | RedisError): void {
    this.#progress += 1;
    const array = this.#array;
    if (array === undefined) {
      this.#onReply(reply);
      return;
    }
    if (reply instanceof RedisError) array.errors.push({ index: this.#arrayIndex, error: reply });
    if (this.keepsStrings) array.values.push(reply instanceof RedisError ? '' : reply);
    this.#arrayIndex += 1;
    if (this.#arrayIndex === array.length) this.#endArray(array);
  }

  #endArray(array: RespArray): void {
    const outer = this.#outer.pop();
    this.#array = outer?.array;
    if (outer === undefined) {
      this.#onReply(array);
      return;
    }
    this.#arrayIndex = outer.index;
    this.#complete('');
  }
}

/**
 * The end of the line that begins here; the length of `bytes` when it is incomplete. A shortcut
 * serves the line that is by far the most frequent.
 */
function lineEnd(bytes: Buffer, start: number): number {
  let end = start + QUEUED_END;
  if (bytes[end] === LF && bytes[start + 1] === LETTER_Q && bytes[start + 6] === LETTER_D) return end;
  end = start;
  while (end < bytes.length && bytes[end] !== LF) end += 1;
  return end;
}

/** Recognises the most frequent line without creating a string. */
function isQueued(bytes: Buffer, start: number, end: number): boolean {
  return end - start === QUEUED.length + 1 && bytes[start + 1] === LETTER_Q;
}

function readInteger(bytes: Buffer, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  let value = 0;
  for (let at = isNegative ? start + 1 : start; at < end; at += 1) value = value * 10 + ((bytes[at] ?? 0) - DIGIT_ZERO);
  return isNegative ? -value : value;
}
