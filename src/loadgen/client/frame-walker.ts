/** Receives the messages of a stream. */
export interface MessageSink {
  /**
   * Receives a complete data message in place: `bytes` from `start` to `end`, valid only until this
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
 * Walks the frames of a server's byte stream (RFC 6455) without copying. Complete unfragmented
 * messages are passed on in place. Everything else goes to a full reader, and the walker always
 * knows that reader's frame boundaries. Text is not validated as UTF-8. This is the hot path of the
 * load generator; its benchmark is bench/generator.
 */
export class FrameWalker {
  /** Bytes that are missing from a frame whose beginning was passed to the full reader. */
  #remaining = 0;
  /** The beginning of a frame header that was split between two reads. */
  #held: Buffer | undefined;
  #isFragmented = false;
  /** Set by a close frame, or by a frame that violates the protocol. */
  #isOver = false;

  readonly #sink: MessageSink;
  readonly #passOn: (bytes: Buffer) => void;

  /**
   * `passOn` receives everything except plain messages, in order: control frames, fragments, frames
   * in pieces, errors. It owns the copy.
   */
  constructor(sink: MessageSink, passOn: (bytes: Buffer) => void) {
    this.#sink = sink;
    this.#passOn = passOn;
  }

  /** Walks the first `length` bytes. The caller may overwrite them afterwards. */
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
   * Passes on the message at `offset` and returns its end; 0 if there is no complete plain message.
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
    // For an incomplete length any value works: the message then ends beyond the available bytes.
    const end = start + size;
    if (end > length) return 0;
    this.#sink.onMessage(bytes, start, end, first === BINARY);
    return end;
  }

  /**
   * Passes the frame at `offset`, or its available part, to the full reader. Returns the start of
   * the next frame.
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
   * Keeps in step with the full reader. From a frame that ends the stream or violates the protocol
   * onwards, only the full reader reads.
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

/**
 * Returns the size of the frame at `offset` including its header; 0 if the header is incomplete.
 */
function frameSize(bytes: Buffer, offset: number, length: number): number {
  if (offset + 2 > length) return 0;
  const size = (bytes[offset + 1] ?? 0) & ~MASKED;
  if (size < LENGTH_16) return 2 + size;
  if (size === LENGTH_16) return offset + 4 > length ? 0 : 4 + bytes.readUInt16BE(offset + 2);
  return offset + 10 > length ? 0 : 10 + Number(bytes.readBigUInt64BE(offset + 2));
}
