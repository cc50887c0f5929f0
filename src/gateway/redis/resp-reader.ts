import { RedisError } from './redis-error.js';

/** A command as Redis reads it. Texts are UTF-8. */
export function encodeCommand(args: readonly (string | Uint8Array)[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = typeof arg === 'string' ? Buffer.from(arg) : arg;
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, LINE_END);
  }
  return Buffer.concat(parts);
}

const LINE_END = Buffer.from('\r\n');

/** The same as text, to be written as UTF-8: cheaper to collect where no argument is binary. */
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
 * An array of replies: its errors, and its texts and numbers where these are kept. Of an array
 * within it only the place is kept.
 */
export class RespArray {
  readonly errors: NestedError[] = [];
  /** Empty unless the reader keeps strings. Errors, missing strings and arrays are ''. */
  readonly values: (string | number)[] = [];

  /** -1 for the null array. */
  constructor(readonly length: number) {}
}

/**
 * A reply: a string, an integer, an error or an array. A bulk string is '' unless the reader keeps
 * strings, and where it is missing.
 */
export type RespReply = string | number | RedisError | RespArray;

const LF = 0x0a;
const MINUS = 0x2d;
const DIGIT_ZERO = 0x30;
const LETTER_D = 0x44;
const LETTER_Q = 0x51;
const TYPE = { string: 0x2b, error: 0x2d, integer: 0x3a, bulk: 0x24, array: 0x2a } as const;
/** Redis cuts its own lines far below. */
const LONGEST_LINE = 64 * 1024;
/** Arrays within arrays; HELLO needs two. */
const DEEPEST = 8;
const QUEUED = 'QUEUED';
/** Where the line "+QUEUED" ends. */
const QUEUED_END = QUEUED.length + 2;
const NOTHING = Buffer.alloc(0);

/**
 * Reads replies of RESP 2 from a stream that may be cut anywhere. It is made for commands of which
 * mostly only the success matters: it skips over bulk strings unless it is told to keep them, and
 * over arrays within arrays.
 */
export class RespReader {
  /** Whether the bulk strings of the replies to come are wanted. */
  keepsStrings = false;
  /** Length of the string that is read, when it is kept. */
  #toKeep: number | undefined;
  #rest: Buffer = NOTHING;
  /** Bytes of a bulk string, its line end included, that are still to come. */
  #toSkip = 0;
  #array: RespArray | undefined;
  #arrayIndex = 0;
  /** Arrays that the one being read lies in, and how far they were read. */
  readonly #outer: { readonly array: RespArray; readonly index: number }[] = [];
  #progress = 0;

  readonly #onReply: (reply: RespReply) => void;

  constructor(onReply: (reply: RespReply) => void) {
    this.#onReply = onReply;
  }

  /** Rises with every reply, and with every member of an array, that is complete. */
  get progress(): number {
    return this.#progress;
  }

  /**
   * Calls `onReply` for each reply that is complete. Throws when this is no RESP 2: the stream is
   * of no use then.
   */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = this.#read(bytes);
    this.#rest = end === bytes.length ? NOTHING : Buffer.from(bytes.subarray(end));
    if (this.#rest.length > LONGEST_LINE && this.#toKeep === undefined)
      throw new Error('Redis sent a line without an end.');
  }

  /** Answers how far it came. Hot: three lines an event. Measured by bench/inbound. */
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
 * Where the line that begins here ends; the length of `bytes` when it does not. That of the most
 * frequent line by far is known.
 */
function lineEnd(bytes: Buffer, start: number): number {
  let end = start + QUEUED_END;
  if (bytes[end] === LF && bytes[start + 1] === LETTER_Q && bytes[start + 6] === LETTER_D) return end;
  end = start;
  while (end < bytes.length && bytes[end] !== LF) end += 1;
  return end;
}

/** The most frequent line by far: told without making a string. */
function isQueued(bytes: Buffer, start: number, end: number): boolean {
  return end - start === QUEUED.length + 1 && bytes[start + 1] === LETTER_Q;
}

function readInteger(bytes: Buffer, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  let value = 0;
  for (let at = isNegative ? start + 1 : start; at < end; at += 1) value = value * 10 + ((bytes[at] ?? 0) - DIGIT_ZERO);
  return isNegative ? -value : value;
}
