/** Maximum number of bytes that `writeVarint` writes. */
export const MAX_VARINT_BYTES = 8;

/** Writes an integer from 0 to 2^53 as LEB128 and returns the offset after it. */
export function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let offset = start;
  let rest = value;
  while (rest >= 0x80) {
    bytes[offset] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
    offset += 1;
  }
  bytes[offset] = rest;
  return offset + 1;
}

/**
 * Reads integers encoded as LEB128. Throws a plain `Error` if the bytes end or a number is too
 * large.
 */
export class VarintReader {
  readonly #bytes: Uint8Array;
  /** Offset of the next number. */
  offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  next(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let factor = 0x80;
    for (;;) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
      if (factor > Number.MAX_SAFE_INTEGER) throw new Error('a number in a histogram is too large');
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.offset];
    if (byte === undefined) throw new Error('a histogram ends too early');
    this.offset += 1;
    return byte;
  }
}
