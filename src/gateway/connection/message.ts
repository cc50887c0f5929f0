import { isAloneInMemory } from '../transport/frame-room.js';
import type { OutboundMessage } from '../transport/socket.js';

/** Messages of at least so many bytes ask for permessage-deflate. */
export const COMPRESS_FROM_BYTES = 512;

/** The objects of a message that has its bytes to itself. */
const OVERHEAD_BYTES = 256;
/**
 * What the collector has not given back yet of messages that have gone. Measured by
 * bench/stalled-reader.
 */
const UNCOLLECTED_SHARE = 1 / 4;

/** A text message, encoded once for all its receivers. */
export function textMessage(text: string): OutboundMessage {
  return makeMessage(Buffer.from(text), false);
}

/** A message of bytes, which must not change any more. Text must be UTF-8. */
export function makeMessage(payload: Uint8Array, binary: boolean): OutboundMessage {
  return { payload, binary, compress: payload.byteLength >= COMPRESS_FROM_BYTES };
}

/** The memory with which a message that waits counts against a bound. */
export function messageCost({ payload }: OutboundMessage): number {
  return Math.ceil(payload.byteLength * (1 + UNCOLLECTED_SHARE)) + OVERHEAD_BYTES;
}

/**
 * The message as it may wait for long: without the frames that the other receivers were sent, which
 * are as large again, and with bytes of its own. A small payload is part of a buffer that it shares
 * with others, and would keep all of that alive. Made once, for all connections for which it waits.
 */
export function messageToKeep(message: OutboundMessage): OutboundMessage {
  const { payload, binary, compress } = message;
  message.kept ??= { payload: isAloneInMemory(payload) ? payload : new Uint8Array(payload), binary, compress };
  return message.kept;
}
