import { isAloneInMemory } from '../transport/frame-room.js';
import type { OutboundMessage } from '../transport/socket.js';

/** Messages of at least this size request permessage-deflate. */
export const COMPRESS_FROM_BYTES = 512;

/** Memory of a message's objects besides its bytes. */
const OVERHEAD_BYTES = 256;
/**
 * Memory of sent messages that is not collected yet, as a share of the queued ones. Measured by
 * bench/stalled-reader.
 */
const UNCOLLECTED_SHARE = 1 / 4;

/** Creates a text message, encoded once for all its receivers. */
export function textMessage(text: string): OutboundMessage {
  return makeMessage(Buffer.from(text), false);
}

/** Creates a message from bytes, which must not change afterwards. Text must be UTF-8. */
export function makeMessage(payload: Uint8Array, binary: boolean): OutboundMessage {
  return { payload, binary, compress: payload.byteLength >= COMPRESS_FROM_BYTES };
}

/** Returns the memory that a queued message counts against a limit. */
export function messageCost({ payload }: OutboundMessage): number {
  return Math.ceil(payload.byteLength * (1 + UNCOLLECTED_SHARE)) + OVERHEAD_BYTES;
}

/**
 * Returns the message in a form for queueing: without cached frames, which double its size, and
 * with memory of its own, because a small payload would keep the buffer that it shares alive.
 * Created once for all connections that queue it.
 */
export function messageToKeep(message: OutboundMessage): OutboundMessage {
  const { payload, binary, compress } = message;
  message.kept ??= { payload: isAloneInMemory(payload) ? payload : new Uint8Array(payload), binary, compress };
  return message.kept;
}
