import { RedisError } from '../../redis/redis-error.js';

/** Takes what a subscribed connection sends. */
export interface RedisMessageListener {
  /** The payload of one message. The bytes stay valid. */
  message(payload: Buffer): void;
  /** One channel of a SUBSCRIBE is subscribed. */
  subscribed(): void;
  failed(error: RedisError): void;
}

const LF = 0x0a;
const TYPE = { string: 0x2b, error: 0x2d, integer: 0x3a, bulk: 0x24, array: 0x2a } as const;
const LETTER_M = 0x6d;
const MINUS = 0x2d;
/** Length of a null string, and of what is not a string. */
const MISSING = -1;
const LINE_END_BYTES = 2;
const LONGEST_LINE = 64 * 1024;
/** Elements of a message: `message`, the channel, the payload. */
const MESSAGE_ELEMENTS = 3;
/** `message` and `subscribe` differ in their first letter; the words of other replies are ignored. */
const SUBSCRIBE = 'subscribe';

/**
 * Reads what Redis sends to a subscribed connection in RESP 2, in linear time whatever the size of
 * a message and of the chunks. `RespReader` is for replies whose strings are text.
 */
export class RedisMessageReader {
  readonly #listener: RedisMessageListener;
  readonly #mostBytes: number;
  /** Bytes of an unfinished reply. */
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Length of the unfinished reply as far as it is known. */
  #needed = 0;
  /** Start and end of the elements of the array that is being read. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** `mostBytes` bounds a payload. */
  constructor(listener: RedisMessageListener, mostBytes: number) {
    this.#listener = listener;
    this.#mostBytes = mostBytes;
  }

  /** Throws when the bytes are not RESP 2; the connection is unusable then. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bytes);
    let at = 0;
    while (at < bytes.length) {
      const end = this.#readReply(bytes, at);
      if (end < 0) break;
      at = end;
    }
    this.#needed = Math.max(this.#needed - at, 0);
    this.#bytes = bytes.length - at;
    this.#chunks = this.#bytes === 0 ? [] : [bytes.subarray(at)];
  }

  /** Returns the end of the reply, or -1 when it is unfinished. */
  #readReply(bytes: Buffer, start: number): number {
    const lineEnd = this.#lineEnd(bytes, start);
    if (lineEnd < 0) return -1;
    switch (bytes[start]) {
      case TYPE.array:
        return this.#readArray(bytes, start, lineEnd);
      case TYPE.error:
        this.#listener.failed(new RedisError(bytes.toString('utf8', start + 1, lineEnd - 1)));
        return lineEnd + 1;
      case TYPE.string:
      case TYPE.integer:
        return lineEnd + 1;
      default:
        throw new Error('What answers is not Redis.');
    }
  }

  #readArray(bytes: Buffer, start: number, countEnd: number): number {
    const count = readLength(bytes, start + 1, countEnd - 1);
    let at = countEnd + 1;
    for (let index = 0; index < count; index += 1) {
      const lineEnd = this.#lineEnd(bytes, at);
      if (lineEnd < 0) return -1;
      const isBulk = bytes[at] === TYPE.bulk;
      if (!isBulk && bytes[at] !== TYPE.integer) throw new Error('What answers is not Redis.');
      const length = isBulk ? readLength(bytes, at + 1, lineEnd - 1) : MISSING;
      if (length > this.#mostBytes) throw new Error(`Redis sent ${length} bytes; the most is ${this.#mostBytes}`);
      this.#starts[index] = lineEnd + 1;
      this.#ends[index] = lineEnd + 1 + Math.max(length, 0);
      at = length === MISSING ? lineEnd + 1 : lineEnd + 1 + length + LINE_END_BYTES;
      if (at > bytes.length) return this.#unfinished(at);
    }
    this.#arrayRead(bytes, count);
    return at;
  }

  #arrayRead(bytes: Buffer, count: number): void {
    if (count !== MESSAGE_ELEMENTS) return;
    const [word = 0, , payload = 0] = this.#starts;
    if (bytes[word] === LETTER_M) {
      this.#listener.message(bytes.subarray(payload, this.#ends[2]));
    } else if (bytes.toString('latin1', word, this.#ends[0]) === SUBSCRIBE) {
      this.#listener.subscribed();
    }
  }

  /** Position of the line feed, or -1. */
  #lineEnd(bytes: Buffer, start: number): number {
    const end = bytes.indexOf(LF, start);
    if (end >= 0) return end;
    if (bytes.length - start > LONGEST_LINE) throw new Error('Redis sent a line without an end.');
    return this.#unfinished(bytes.length + 1);
  }

  #unfinished(neededBytes: number): number {
    this.#needed = neededBytes;
    return -1;
  }
}

function readLength(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] === MINUS) return MISSING;
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + ((bytes[at] ?? 0) - 0x30);
  return value;
}
