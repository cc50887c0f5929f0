/** The longest head of a frame that a server sends (RFC 6455 5.2). */
const MOST_HEAD_BYTES = 10;
/** Below this size a copy costs less than remembering where there is room. */
const ROOM_FROM_BYTES = 16 * 1024;

/** Memory that has the room and nothing else beside the payload. */
const roomy = new WeakSet<ArrayBufferLike>();

/**
 * Memory for a body that is likely to become a message: a large one has room for the head of its
 * frame before it, so that the message and its frame are the same bytes. Measured by
 * bench/stalled-reader.
 */
export function allocateBody(bytes: number): Buffer {
  if (bytes < ROOM_FROM_BYTES) return Buffer.allocUnsafe(bytes);
  const memory = Buffer.allocUnsafeSlow(MOST_HEAD_BYTES + bytes);
  roomy.add(memory.buffer);
  return memory.subarray(MOST_HEAD_BYTES);
}

/**
 * The payload with `headBytes` before it that may be written; undefined where it has no room of its
 * own.
 */
export function withRoomForHead(payload: Uint8Array, headBytes: number): Buffer | undefined {
  if (payload.byteLength < ROOM_FROM_BYTES || !hasRoom(payload)) return undefined;
  return Buffer.from(payload.buffer, MOST_HEAD_BYTES - headBytes, headBytes + payload.byteLength);
}

/** Whether the payload keeps nothing but itself alive. */
export function isAloneInMemory(payload: Uint8Array): boolean {
  return payload.buffer.byteLength === payload.byteLength || hasRoom(payload);
}

function hasRoom({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  const isWhole = byteOffset === MOST_HEAD_BYTES && byteOffset + byteLength === buffer.byteLength;
  return isWhole && roomy.has(buffer);
}
