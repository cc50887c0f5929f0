/** Who takes the messages of a stream. */
export interface MessageSink {
  /**
   * A whole data message, in place: `bytes` from `start` to `end`, which hold it only until this
   * returns.
   */
  onMessage(bytes: Uint8Array, start: number, end: number, isBinary: boolean): void;
}

const TEXT = 0x81;
const BINARY = 0x82;
const OPCODE = 0x0f;
const FIN = 0x80;
const MASKED = 0x80;
const RESERVED_BITS = 0x70;
const CONTINUATION = 0;
const BINARY_OPCODE = 2;
const PING = 9;
const PONG = 10;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/**
 * Walks the frames of a server's byte stream (RFC 6455) without copying: whole unfragmented
 * messages are handed over where they lie, and all the rest goes on to a full reader, at whose
 * frame boundaries the walker always knows itself to be. Text is not validated as UTF-8. This is
 * the hot path of the load generator; its benchmark is bench/generator.
 */
export class FrameWalker {
  /** Bytes still to come of a frame whose beginning went to the remainder. */
  #remaining = 0;
  /** The beginning of a frame header, when a read ended in the midst of it. */
  #held: Buffer | undefined;
  #isFragmented = false;
  /** After a close frame, or one that breaks the protocol. */
  #isOver = false;

  readonly #sink: MessageSink;
  readonly #passOn: (bytes: Buffer) => void;

  /**
   * `passOn` takes everything that is no plain message, in order: control frames, fragments, frames
   * in pieces, errors. The copy is its own.
   */
  constructor(sink: MessageSink, passOn: (bytes: Buffer) => void) {
    this.#sink = sink;
    this.#passOn = passOn;
  }

  /** Walks the first `length` of `bytes`, which the caller may overwrite afterwards. */
  feed(bytes: Buffer, length: number): void {
    if (this.#held === undefined) {
      this.#walk(bytes, length);
      return;
    }
    const joined = Buffer.concat([this.#held, bytes.subarray(0, length)]);
    this.#held = undefined;
    this.#walk(joined, joined.length);
  }

  #walk(bytes: Buffer, length: number): void {
    let offset = this.#remaining === 0 ? 0 : this.#passRemaining(bytes, length);
    while (offset < length) {
      const end = this.#isFragmented || this.#isOver ? 0 : this.#walkMessage(bytes, offset, length);
      offset = end > 0 ? end : this.#passFrame(bytes, offset, length);
    }
  }

  /**
   * The end of the message at `offset`, after handing it over; 0 when there is no whole plain
   * message.
   */
  #walkMessage(bytes: Buffer, offset: number, length: number): number {
    const first = bytes[offset];
    if ((first !== TEXT && first !== BINARY) || offset + 2 > length) return 0;
    let start = offset + 2;
    let size = bytes[offset + 1] ?? LENGTH_64;
    if (size === LENGTH_16) {
      size = ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
      start = offset + 4;
    } else if (size > LENGTH_16) {
      return 0;
    }
    // Of a length that is not all there yet any value will do: the message then ends beyond what
    // there is.
    const end = start + size;
    if (end > length) return 0;
    this.#sink.onMessage(bytes, start, end, first === BINARY);
    return end;
  }

  /**
   * Sends the frame at `offset`, or what is there of it, to the remainder; returns where the next
   * one begins.
   */
  #passFrame(bytes: Buffer, offset: number, length: number): number {
    if (this.#isOver) return this.#pass(bytes, offset, length);
    const size = frameSize(bytes, offset, length);
    if (size === 0) {
      this.#held = Buffer.from(bytes.subarray(offset, length));
      return length;
    }
    this.#note(bytes[offset] ?? 0, bytes[offset + 1] ?? 0);
    const end = Math.min(offset + size, length);
    this.#remaining = offset + size - end;
    return this.#pass(bytes, offset, end);
  }

  #passRemaining(bytes: Buffer, length: number): number {
    const end = Math.min(this.#remaining, length);
    this.#remaining -= end;
    return this.#pass(bytes, 0, end);
  }

  #pass(bytes: Buffer, start: number, end: number): number {
    this.#passOn(Buffer.from(bytes.subarray(start, end)));
    return end;
  }

  /**
   * Keeps in step with the full reader; from a frame that ends the stream, or breaks the protocol,
   * it reads alone.
   */
  #note(first: number, second: number): void {
    const opcode = first & OPCODE;
    const isFinal = (first & FIN) !== 0;
    if ((first & RESERVED_BITS) !== 0 || (second & MASKED) !== 0) this.#isOver = true;
    else if (opcode === PING || opcode === PONG) this.#isOver ||= !isFinal || second >= LENGTH_16;
    else if (opcode > BINARY_OPCODE || (opcode === CONTINUATION) !== this.#isFragmented) this.#isOver = true;
    else this.#isFragmented = !isFinal;
  }
}

/** The size of the frame at `offset` with its header; 0 when the header is not all there. */
function frameSize(bytes: Buffer, offset: number, length: number): number {
  if (offset + 2 > length) return 0;
  const size = (bytes[offset + 1] ?? 0) & ~MASKED;
  if (size < LENGTH_16) return 2 + size;
  if (size === LENGTH_16) return offset + 4 > length ? 0 : 4 + bytes.readUInt16BE(offset + 2);
  return offset + 10 > length ? 0 : 10 + Number(bytes.readBigUInt64BE(offset + 2));
}
