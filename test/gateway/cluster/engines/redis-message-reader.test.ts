import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RedisMessageReader } from '../../../../src/gateway/cluster/engines/redis-message-reader.js';
import { encodeCommand } from '../../../../src/gateway/redis/resp-reader.js';

const MOST_BYTES = 8 * 1024 * 1024;
const SUBSCRIBED = Buffer.from('*3\r\n$9\r\nsubscribe\r\n$7\r\nchannel\r\n:1\r\n');
const PONG = Buffer.from('*2\r\n$4\r\npong\r\n$0\r\n\r\n');
const REFUSED = Buffer.from("-NOPERM this user has no permissions to run the 'ping' command\r\n");

function messageReply(payload: Uint8Array): Buffer {
  return encodeCommand(['message', 'channel', payload]);
}

/** Reads chunks; returns payloads and words in their order. */
function read(chunks: readonly Buffer[], mostBytes = MOST_BYTES): (Buffer | string)[] {
  const seen: (Buffer | string)[] = [];
  const reader = new RedisMessageReader(
    {
      message: (payload) => seen.push(payload),
      subscribed: () => seen.push('subscribed'),
      failed: ({ code }) => seen.push(code),
    },
    mostBytes,
  );
  for (const chunk of chunks) reader.push(chunk);
  return seen;
}

function cutAt(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const cuts = [0, ...positions.map((position) => position % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

const payloads = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(...['\r\n', '$3\r\n', '*3\r\n'].map((text) => Buffer.from(text))),
);

it('reads messages, whatever they contain and wherever the stream is split', () => {
  fc.assert(
    fc.property(fc.array(payloads, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), (contents, positions) => {
      const replies = contents.flatMap((payload) => [SUBSCRIBED, PONG, messageReply(payload), REFUSED]);
      const seen = read(cutAt(Buffer.concat(replies), positions));
      const expected = contents.flatMap((payload) => ['subscribed', Buffer.from(payload), 'NOPERM']);
      expect(seen).toEqual(expected);
    }),
  );
});

it('reads a message of 8 MiB from half a million chunks, in linear time', () => {
  const payload = Buffer.alloc(MOST_BYTES, 'x');
  const bytes = messageReply(payload);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 16) }, (_, index) =>
    bytes.subarray(16 * index, 16 * index + 16),
  );
  const [seen] = read(chunks);
  expect(Buffer.isBuffer(seen) && seen.equals(payload)).toBe(true);
});

it.each([
  ['a payload above the bound', messageReply(Buffer.alloc(11)), /11 bytes; the most is 10/],
  ['bytes that are not RESP', Buffer.from('HTTP/1.1 400\r\n'), /not Redis/],
  ['an array of something else', Buffer.from('*3\r\n+x\r\n'), /not Redis/],
  ['a line without an end', Buffer.alloc(70_000, '+'), /line without an end/],
])('refuses %s', (_, bytes, message) => {
  expect(() => read([bytes], 10)).toThrow(message);
});
