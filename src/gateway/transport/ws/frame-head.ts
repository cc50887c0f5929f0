const FINAL = 0x80;
const DEFLATED = 0x40;
const RESERVED = 0x30;
const OPCODE = 0x0f;
const MASKED = 0x80;
const LENGTH = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;
/** Opcodes from this one on are control frames. */
export const OPCODE_CLOSE = 8;
export const OPCODE_PING = 9;
const OPCODE_PONG = 10;
const LAST_DATA = 2;
const LARGEST_CONTROL = 125;

/** The head of a client's frame (RFC 6455 5.2). */
export interface FrameHead {
  readonly isFinal: boolean;
  /** RSV1 (RFC 7692 6): with it the message is deflated. */
  readonly isDeflated: boolean;
  readonly opcode: number;
  /** Payload size in bytes. */
  readonly size: number;
  readonly mask: number;
  /** Size of the head in bytes. */
  readonly bytes: number;
}

/**
 * Parses the head at `at`. Undefined while it is incomplete, `broken` when its first two bytes are
 * invalid in any state. `deflates`: compression was negotiated.
 */
export function readHead(bytes: Buffer, at: number, deflates: boolean): FrameHead | 'broken' | undefined {
  const first = bytes[at];
  const second = bytes[at + 1];
  if (first === undefined || second === undefined) return undefined;
  if ((first & RESERVED) !== 0 || (second & MASKED) === 0 || !isKnown(first, second, deflates)) return 'broken';
  const short = second & LENGTH;
  const maskAt = at + 2 + (short === LENGTH_64 ? 8 : short === LENGTH_16 ? 2 : 0);
  if (maskAt + MASK_BYTES > bytes.length) return undefined;
  return {
    isFinal: (first & FINAL) !== 0,
    isDeflated: (first & DEFLATED) !== 0,
    opcode: first & OPCODE,
    size: readSize(bytes, at, short),
    mask: bytes.readUInt32BE(maskAt),
    bytes: maskAt + MASK_BYTES - at,
  };
}

function readSize(bytes: Buffer, at: number, short: number): number {
  if (short < LENGTH_16) return short;
  return short === LENGTH_16 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}

function isKnown(first: number, second: number, deflates: boolean): boolean {
  const opcode = first & OPCODE;
  const isDeflated = (first & DEFLATED) !== 0;
  if (opcode <= LAST_DATA) return !isDeflated || (deflates && opcode !== 0);
  if (opcode < OPCODE_CLOSE || opcode > OPCODE_PONG || isDeflated) return false;
  const size = second & LENGTH;
  return (first & FINAL) !== 0 && size <= LARGEST_CONTROL && (opcode !== OPCODE_CLOSE || size !== 1);
}

/**
 * Frames passed to the library in place of an error that it has not seen. It answers each with the
 * close that the protocol requires.
 */
/** Answered with `protocol_error`. */
export const BAD_CONTINUATION = Buffer.from([0x80, 0x80, 0, 0, 0, 0]);
/** Answered with `invalid_text`. */
export const BAD_TEXT = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]);

/** Returns the head of a message above the limit, answered with `message_too_large`. */
export function tooLong(maxBytes: number): Buffer {
  const head = Buffer.alloc(14);
  head[0] = FINAL | LAST_DATA;
  head[1] = MASKED | LENGTH_64;
  head.writeBigUInt64BE(BigInt(maxBytes) + 1n, 2);
  return head;
}
