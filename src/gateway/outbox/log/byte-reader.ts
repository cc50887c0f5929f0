/** Reads what `ByteWriter` wrote. Throws a RangeError beyond the end. */
export class ByteReader {
  private offset = 0;

  constructor(private readonly buffer: Buffer) {}

  get isAtEnd(): boolean {
    return this.offset >= this.buffer.length;
  }

  uint8(): number {
    const value = this.buffer.readUInt8(this.offset);
    this.offset += 1;
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
    return this.take(length).toString('utf8');
  }

  /** All that is left; shares memory with the buffer. */
  rest(): Buffer {
    return this.take(this.buffer.length - this.offset);
  }

  private take(length: number): Buffer {
    const end = this.offset + length;
    if (end > this.buffer.length) throw new RangeError('a record ends before its content does');
    const bytes = this.buffer.subarray(this.offset, end);
    this.offset = end;
    return bytes;
  }
}
