const FIRST_SIZE = 64 * 1024;
/**
 * Longest text, in UTF-16 units, that always takes less than 128 bytes of UTF-8: its length fits
 * one byte of a varint.
 */
const SHORT_TEXT = 42;

/** A buffer that grows. Numbers are little-endian; varints have seven bits a byte, lowest first. */
export class ByteWriter {
  #buffer: Buffer;
  #used = 0;

  constructor(size = FIRST_SIZE) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.#used;
  }

  /** The bytes written so far. Valid until the next write. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#used);
  }

  /** Forgets what was written and keeps the memory. */
  clear(): void {
    this.#used = 0;
  }

  uint8(value: number): void {
    this.#reserve(1);
    this.#used = this.#buffer.writeUInt8(value, this.#used);
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#used = this.#buffer.writeUInt32LE(value, this.#used);
  }

  /** Overwrites four bytes. */
  setUint32(value: number, offset: number): void {
    this.#buffer.writeUInt32LE(value, offset);
  }

  /** Writes a safe integer >= 0. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#used = this.#buffer.writeUInt8((rest % 0x80) + 0x80, this.#used);
      rest = Math.floor(rest / 0x80);
    }
    this.#used = this.#buffer.writeUInt8(rest, this.#used);
  }

  /** Writes the length in bytes, then UTF-8. */
  text(text: string): void {
    if (text.length > SHORT_TEXT) {
      const bytes = Buffer.byteLength(text);
      this.varint(bytes);
      this.#reserve(bytes);
      this.#used += this.#buffer.write(text, this.#used);
      return;
    }
    this.#reserve(1 + SHORT_TEXT * 3);
    const bytes = this.#buffer.write(text, this.#used + 1);
    this.#buffer.writeUInt8(bytes, this.#used);
    this.#used += 1 + bytes;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.byteLength;
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }
}

/** Reads what `ByteWriter` wrote. Throws a RangeError beyond the end. */
export class ByteReader {
  #offset = 0;

  readonly #buffer: Buffer;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#buffer.length;
  }

  uint8(): number {
    const value = this.#buffer.readUInt8(this.#offset);
    this.#offset += 1;
    return value;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.uint8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  text(): string {
    const length = this.varint();
    return this.#take(length).toString('utf8');
  }

  /** All bytes that are left; they share memory with the buffer. */
  rest(): Buffer {
    return this.#take(this.#buffer.length - this.#offset);
  }

  #take(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#buffer.length) throw new RangeError('a record is shorter than its content');
    const bytes = this.#buffer.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }
}
