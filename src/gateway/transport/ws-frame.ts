import { constants, deflateRaw, deflateRawSync } from 'node:zlib';
import { withRoomForHead } from './frame-room.js';

const FINAL = 0x80;
/** RSV1: the payload is deflated (RFC 7692 6). */
const DEFLATED = 0x40;
const TEXT = 1;
const BINARY = 2;
const PONG = 10;
const LARGEST_7_BIT = 125;
const LARGEST_16_BIT = 0xffff;
/**
 * From this size on a message is deflated on zlib's threads. Below it, the hand-over costs about as
 * much as deflating.
 */
const DEFLATE_APART_FROM_BYTES = 32 * 1024;
/** Bytes that are removed from the end of a deflated message (RFC 7692 7.2.1). */
const TAIL_BYTES = 4;
const SMALLEST_WINDOW_BITS = 9;
const LARGEST_WINDOW_BITS = 15;

/** The `windowBits` of a socket without compression. */
export const PLAIN = 0;

/**
 * The frames of one message on the wire (RFC 6455 5.2), each encoded on first use and shared by all
 * receivers. Without context takeover, a deflated frame has the same bytes for every receiver.
 * Measured by bench/fan-out.
 */
export class WireFrames {
  readonly #payload: Uint8Array;
  readonly #binary: boolean;
  readonly #compress: boolean;
  #plain: Buffer | undefined;
  /** By window bits. */
  #deflated: (Buffer | undefined)[] | undefined;
  /** Callbacks by window bits, waiting for a frame that is being deflated on another thread. */
  #waiting: Map<number, (() => void)[]> | undefined;

  constructor(payload: Uint8Array, binary: boolean, compress: boolean) {
    this.#payload = payload;
    this.#binary = binary;
    this.#compress = compress;
  }

  /**
   * Returns the frame for a socket with this window, `PLAIN` without compression. Undefined while
   * it is being deflated: see `whenReady`.
   */
  frame(windowBits: number): Buffer | undefined {
    if (windowBits === PLAIN || !this.#compress) return this.#plainFrame();
    const made = this.#deflated?.[windowBits];
    if (made !== undefined) return made;
    if (this.#payload.byteLength < DEFLATE_APART_FROM_BYTES) return this.#deflateNow(windowBits);
    if (this.#waiting?.has(windowBits) !== true) this.#deflateApart(windowBits);
    return undefined;
  }

  /** Calls back once `frame` returns the frame that it did not have. */
  whenReady(windowBits: number, ready: () => void): void {
    const waiting = this.#waiting?.get(windowBits);
    if (waiting === undefined) ready();
    else waiting.push(ready);
  }

  #plainFrame(): Buffer {
    this.#plain ??= makeFrame(FINAL, this.#binary, this.#payload);
    return this.#plain;
  }

  #deflateNow(windowBits: number): Buffer {
    return this.#keep(windowBits, deflateRawSync(this.#payload, deflateOptions(windowBits, this.#payload.byteLength)));
  }

  #deflateApart(windowBits: number): void {
    const payload = this.#payload;
    this.#waiting ??= new Map();
    this.#waiting.set(windowBits, []);
    deflateRaw(payload, deflateOptions(windowBits, payload.byteLength), (error, deflated) => {
      // If zlib fails, the receivers get the message uncompressed.
      this.#keep(windowBits, error === null ? deflated : undefined);
      const waiting = this.#waiting?.get(windowBits) ?? [];
      this.#waiting?.delete(windowBits);
      for (const ready of waiting) ready();
    });
  }

  /**
   * A text that deflating would lengthen is sent uncompressed: each message states whether it is
   * deflated.
   */
  #keep(windowBits: number, deflated: Buffer | undefined): Buffer {
    const isSmaller = deflated !== undefined && deflated.byteLength - TAIL_BYTES < this.#payload.byteLength;
    const body = isSmaller ? deflated.subarray(0, -TAIL_BYTES) : undefined;
    const frame = body === undefined ? this.#plainFrame() : makeFrame(FINAL | DEFLATED, this.#binary, body);
    this.#deflated ??= [];
    this.#deflated[windowBits] = frame;
    return frame;
  }
}

/**
 * Uses a window no larger than the message and a matching hash table, because setting up larger
 * ones costs more than deflating a small text.
 */
function deflateOptions(windowBits: number, bytes: number) {
  const enough = Math.max(SMALLEST_WINDOW_BITS, Math.ceil(Math.log2(bytes + 1)));
  return {
    windowBits: Math.min(windowBits, LARGEST_WINDOW_BITS, enough),
    memLevel: Math.min(8, Math.max(1, enough - 6)),
    finishFlush: constants.Z_SYNC_FLUSH,
  };
}

/** A ping without payload. */
export const PING_FRAME = Buffer.from([FINAL | 9, 0]);

/** The answer to a ping (RFC 6455 5.5.3). */
export function makePong(payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(2 + payload.byteLength);
  frame[0] = FINAL | PONG;
  frame[1] = payload.byteLength;
  frame.set(payload, 2);
  return frame;
}

/** Not allocated from Node's pool: a frame queued for a slow reader must not keep 8 KiB alive. */
function makeFrame(bits: number, isBinary: boolean, payload: Uint8Array): Buffer {
  const { byteLength } = payload;
  const headBytes = byteLength <= LARGEST_7_BIT ? 2 : byteLength <= LARGEST_16_BIT ? 4 : 10;
  const inPlace = withRoomForHead(payload, headBytes);
  const frame = inPlace ?? Buffer.allocUnsafeSlow(headBytes + byteLength);
  frame[0] = bits | (isBinary ? BINARY : TEXT);
  if (headBytes === 2) frame[1] = byteLength;
  else if (headBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(byteLength, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(byteLength), 2);
  }
  if (inPlace === undefined) frame.set(payload, headBytes);
  return frame;
}
