/** Kinds of frames. `part` carries a piece of a call too large for one message of the engine. */
export const FRAME_KIND = { call: 1, answer: 2, beat: 3, bye: 4, part: 5 } as const;

/**
 * Bits of `Frame.flags`. `again` repeats a call whose answer is missing; `direct` was sent to one
 * node and not to all, so it is counted apart.
 */
export const FRAME_FLAG = { binary: 1, wantsAnswer: 2, again: 4, authenticated: 8, direct: 16 } as const;

/** The version that this code writes. Frames of another version are not decoded. */
export const FRAME_VERSION = 1;

/**
 * One message between processes of a gateway or between nodes. In bytes, big-endian: u32 length of
 * what follows, u8 version, u8 kind, u8 flags, u8 op, u16 node, u48 boot, u32 call, u32 place, u16
 * deadline, body.
 */
export interface Frame {
  readonly kind: number;
  readonly flags: number;
  /** The operation of a call; see `OP`. */
  readonly op: number;
  /** The sender: its node number and when it started, in milliseconds since the Unix epoch. */
  readonly fromNode: number;
  readonly fromBoot: number;
  /** Number of the call, unique for the sender's boot. An answer repeats it. */
  readonly call: number;
  /** Counts the frames from the sender to this target, so that a hole shows a loss. */
  readonly place: number;
  /** Time that the caller still waits, in milliseconds. */
  readonly deadlineMs: number;
  readonly body: Uint8Array;
}

/** Bytes before the body, the length included. */
export const FRAME_HEAD_BYTES = 26;
const LENGTH_BYTES = 4;
const MOST_DEADLINE_MS = 0xffff;

/** Encodes a frame. Throws when a field is out of its range. */
export function encodeFrame(frame: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEAD_BYTES + frame.body.length);
  bytes.set(frame.body, writeFrameHead(bytes, 0, frame));
  return bytes;
}

/** Writes all of a frame except its body, and returns the offset at which the body belongs. */
export function writeFrameHead(bytes: Buffer, start: number, frame: Frame): number {
  let at = bytes.writeUInt32BE(FRAME_HEAD_BYTES - LENGTH_BYTES + frame.body.length, start);
  at = bytes.writeUInt8(FRAME_VERSION, at);
  at = bytes.writeUInt8(frame.kind, at);
  at = bytes.writeUInt8(frame.flags, at);
  at = bytes.writeUInt8(frame.op, at);
  at = bytes.writeUInt16BE(frame.fromNode, at);
  at = bytes.writeUIntBE(frame.fromBoot, at, 6);
  at = bytes.writeUInt32BE(frame.call, at);
  at = bytes.writeUInt32BE(frame.place, at);
  return bytes.writeUInt16BE(Math.min(frame.deadlineMs, MOST_DEADLINE_MS), at);
}

/** A run of bytes that are not frames: the link to its sender cannot be used any more. */
export class FrameError extends Error {}

/**
 * Splits a stream of bytes into frames. Frames of another version are passed over, because a newer
 * process may send them. The time is linear in the bytes, also for a frame of many chunks.
 */
export class FrameReader {
  readonly #mostBytes: number;
  /** Chunks of a frame that is not complete. */
  #chunks: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes before which nothing can be complete: a length, or a whole frame. */
  #neededBytes = LENGTH_BYTES;

  /** `mostBytes` is the largest length of a frame that is accepted. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Bytes of a frame that is not complete. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The frames that are complete now. Their bodies share memory with `chunk`. Throws `FrameError`. */
  push(chunk: Uint8Array): Frame[] {
    const added = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#pendingBytes === 0) return this.#split(added);
    this.#chunks.push(added);
    this.#pendingBytes += added.length;
    if (this.#pendingBytes < this.#neededBytes) return [];
    return this.#split(Buffer.concat(this.#chunks, this.#pendingBytes));
  }

  #split(bytes: Buffer): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    this.#neededBytes = LENGTH_BYTES;
    while (bytes.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + this.#lengthAt(bytes, at);
      if (end > bytes.length) {
        this.#neededBytes = end - at;
        break;
      }
      if (bytes.readUInt8(at + LENGTH_BYTES) === FRAME_VERSION) frames.push(frameAt(bytes, at, end));
      at = end;
    }
    this.#pendingBytes = bytes.length - at;
    this.#chunks = this.#pendingBytes === 0 ? [] : [bytes.subarray(at)];
    return frames;
  }

  #lengthAt(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32BE(at);
    if (length >= FRAME_HEAD_BYTES - LENGTH_BYTES && length <= this.#mostBytes) return length;
    throw new FrameError(`a frame of ${length} bytes; the most is ${this.#mostBytes}`);
  }
}

/** Splits a whole message of the engine into frames. Throws `FrameError`, also for an unfinished frame. */
export function readFrames(message: Uint8Array): Frame[] {
  const reader = new FrameReader(message.byteLength);
  const frames = reader.push(message);
  if (reader.pendingBytes > 0)
    throw new FrameError(`a message ends within a frame, after ${reader.pendingBytes} bytes`);
  return frames;
}

function frameAt(bytes: Buffer, start: number, end: number): Frame {
  const at = start + LENGTH_BYTES;
  return {
    kind: bytes.readUInt8(at + 1),
    flags: bytes.readUInt8(at + 2),
    op: bytes.readUInt8(at + 3),
    fromNode: bytes.readUInt16BE(at + 4),
    fromBoot: bytes.readUIntBE(at + 6, 6),
    call: bytes.readUInt32BE(at + 12),
    place: bytes.readUInt32BE(at + 16),
    deadlineMs: bytes.readUInt16BE(at + 20),
    body: bytes.subarray(start + FRAME_HEAD_BYTES, end),
  };
}
