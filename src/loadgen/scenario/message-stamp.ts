import { randomBytes } from 'node:crypto';

const DIGITS = 8;
const PUBLISHED_MARK = 'wsg:';
const PUBLISHER_DIGITS = 32;

/** Size of a stamp in a message: bytes. */
export const STAMP_BYTES = {
  /** Two numbers of eight hexadecimal digits. */
  text: 2 * DIGITS,
  /** Two numbers of 32 bits. */
  binary: 8,
  /** A mark, the publisher's 32 digits and a number of eight. */
  published: PUBLISHED_MARK.length + PUBLISHER_DIGITS + DIGITS,
} as const;

/** The sender of a message and its number among the sender's messages; both 32 bits. */
export interface Stamp {
  readonly sender: number;
  readonly id: number;
}

/** Makes the messages of one sender: a stamp, padded to a size. */
export class MessageWriter {
  readonly #head: string;
  readonly #padding: string;
  readonly #bytes: Buffer;

  readonly #size: number;

  /** A message that is smaller than a stamp has the first bytes of one. */
  constructor(sender: number, size: number) {
    this.#size = size;
    this.#head = hex(sender);
    this.#padding = '.'.repeat(Math.max(0, size - STAMP_BYTES.text));
    this.#bytes = Buffer.alloc(size, '.');
    if (size >= STAMP_BYTES.binary) this.#bytes.writeUInt32BE(sender >>> 0, 0);
  }

  text(id: number): string {
    const message = this.#head + hex(id) + this.#padding;
    return this.#size < STAMP_BYTES.text ? message.slice(0, this.#size) : message;
  }

  /** Returns a copy: the library keeps the buffer until it is written. */
  binary(id: number): Buffer {
    const message = Buffer.from(this.#bytes);
    if (this.#size >= STAMP_BYTES.binary) message.writeUInt32BE(id >>> 0, 4);
    return message;
  }
}

/**
 * Reads a stamp in place; undefined when there is none. It runs for each message, so it allocates
 * nothing else.
 */
export function readStamp(bytes: Uint8Array, start: number, end: number, isBinary: boolean): Stamp | undefined {
  if (isBinary) {
    if (end - start < STAMP_BYTES.binary) return undefined;
    return { sender: number32(bytes, start), id: number32(bytes, start + 4) };
  }
  if (end - start < STAMP_BYTES.text) return undefined;
  const sender = hexNumber(bytes, start, DIGITS);
  const id = hexNumber(bytes, start + DIGITS, DIGITS);
  return sender < 0 || id < 0 ? undefined : { sender, id };
}

/**
 * The stamps of one publisher's messages. Each publisher has its own random mark, so that the
 * messages of other shards and of other load tests are never taken for its own.
 */
export class PublishedStamps {
  readonly #mark = PUBLISHED_MARK + randomBytes(PUBLISHER_DIGITS / 2).toString('hex');
  readonly #markBytes = Buffer.from(this.#mark);

  /** Formats the stamp of a message as text, for any place in its body. The number has 32 bits. */
  format(id: number): string {
    return this.#mark + hex(id);
  }

  /**
   * Returns the number of a message with this publisher's stamp anywhere in it; -1 for all others.
   */
  find(bytes: Uint8Array, start: number, end: number): number {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    const at = view.indexOf(this.#markBytes);
    if (at < 0 || at + STAMP_BYTES.published > view.length) return -1;
    return hexNumber(view, at + this.#markBytes.length, DIGITS);
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(DIGITS, '0');
}

function number32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}

/** -1 when one of the bytes is not a hexadecimal digit. */
function hexNumber(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let place = at; place < at + digits; place += 1) {
    const digit = hexDigit(bytes[place] ?? 0);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  return byte >= 97 && byte <= 102 ? byte - 87 : -1;
}
