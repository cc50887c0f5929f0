const DIGITS = 8;
const PUBLISHED_MARK = 'wsg:';

/** Size of a stamp in a message: bytes. */
export const STAMP_BYTES = {
  /** Two numbers of eight hexadecimal digits. */
  text: 2 * DIGITS,
  /** Two numbers of 32 bits. */
  binary: 8,
  /** A mark, a number of eight digits and two moments of sixteen. */
  published: PUBLISHED_MARK.length + DIGITS + 16 + 16,
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
 * The stamp of a published message; its times are microseconds of the machine's monotonic clock.
 */
export interface PublishedStamp {
  readonly id: number;
  readonly dueUs: number;
  readonly sentUs: number;
}

/** Formats a published message's stamp as text, for any place in its body. */
export function formatPublished({ id, dueUs, sentUs }: PublishedStamp): string {
  return PUBLISHED_MARK + hex(id) + hex(dueUs, 16) + hex(sentUs, 16);
}

/** Finds a published message's stamp anywhere in a message; undefined when there is none. */
export function findPublished(bytes: Uint8Array, start: number, end: number): PublishedStamp | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const at = view.indexOf(PUBLISHED_MARK);
  if (at < 0 || at + STAMP_BYTES.published > view.length) return undefined;
  const from = at + PUBLISHED_MARK.length;
  const id = hexNumber(view, from, DIGITS);
  const dueUs = hexNumber(view, from + DIGITS, 16);
  const sentUs = hexNumber(view, from + DIGITS + 16, 16);
  return id < 0 || dueUs < 0 || sentUs < 0 ? undefined : { id, dueUs, sentUs };
}

function hex(value: number, digits = DIGITS): string {
  return value.toString(16).padStart(digits, '0');
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
