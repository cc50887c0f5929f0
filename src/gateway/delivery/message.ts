import type { OutboundMessage } from '../transport/socket.js';

/** Messages of at least so many bytes ask for permessage-deflate. */
export const COMPRESS_FROM_BYTES = 512;

/** What a queued message is counted with beside its payload: it bounds queues of empty messages as well. */
const OVERHEAD_BYTES = 16;

/** A text message, encoded once for all its receivers. */
export function textMessage(text: string): OutboundMessage {
  return makeMessage(Buffer.from(text), false);
}

/** A message of bytes, which must not change any more. Text must be UTF-8. */
export function makeMessage(payload: Uint8Array, binary: boolean): OutboundMessage {
  return { payload, binary, compress: payload.byteLength >= COMPRESS_FROM_BYTES };
}

/** The bytes with which a message counts against a bound. */
export function messageCost(message: OutboundMessage): number {
  return message.payload.byteLength + OVERHEAD_BYTES;
}
