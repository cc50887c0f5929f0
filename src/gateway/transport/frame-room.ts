/** Longest frame head that a server sends (RFC 6455 5.2). */
const MOST_HEAD_BYTES = 10;
/** Below this size a copy costs less than the bookkeeping. */
const ROOM_FROM_BYTES = 16 * 1024;

/** Memory that holds the reserved head and one payload, nothing else. */
const roomy = new WeakSet<ArrayBufferLike>();

/**
 * Allocates memory for a body that is likely to become a message. A large one has room for a frame
 * head before it, so that the message and its frame share their bytes. Measured by
 * bench/stalled-reader.
 */
export function allocateBody(bytes: number): Buffer {
  if (bytes < ROOM_FROM_BYTES) return Buffer.allocUnsafe(bytes);
  const memory = Buffer.allocUnsafeSlow(MOST_HEAD_BYTES + bytes);
  roomy.add(memory.buffer);
  return memory.subarray(MOST_HEAD_BYTES);
}

/**
 * Returns the payload with `headBytes` writable bytes before it; undefined when it has no such
 * room.
 */
export function withRoomForHead(payload: Uint8Array, headBytes: number): Buffer | undefined {
  if (payload.byteLength < ROOM_FROM_BYTES || !hasRoom(payload)) return undefined;
  return Buffer.from(payload.buffer, MOST_HEAD_BYTES - headBytes, headBytes + payload.byteLength);
}

/** Whether the payload shares its memory with nothing else. */
export function isAloneInMemory(payload: Uint8Array): boolean {
  return payload.buffer.byteLength === payload.byteLength || hasRoom(payload);
}

function hasRoom({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  const isWhole = byteOffset === MOST_HEAD_BYTES && byteOffset + byteLength === buffer.byteLength;
  return isWhole && roomy.has(buffer);
}
