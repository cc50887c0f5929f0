import { expect, it } from 'vitest';
import { makeMessage, messageToKeep } from '../../../src/gateway/connection/message.js';
import { wireFrames } from '../../../src/gateway/transport/ws/message-batch.js';
import { PLAIN } from '../../../src/gateway/transport/ws-frame.js';

it('keeps no frames with a queued message, whether they were created before or after', () => {
  const message = makeMessage(new Uint8Array(100_000), true);
  wireFrames(message).frame(PLAIN);
  const kept = messageToKeep(message);
  expect(messageToKeep(message)).toBe(kept);
  wireFrames(message).frame(PLAIN);
  expect(kept).toEqual({ payload: message.payload, binary: true, compress: true });
  expect(kept.payload).toBe(message.payload);
});

it('copies a queued message that is part of a larger buffer', () => {
  const message = makeMessage(new Uint8Array(8192).subarray(10, 20), false);
  const { payload } = messageToKeep(message);
  expect([payload.byteLength, payload.buffer.byteLength]).toEqual([10, 10]);
});
