import { inflateRawSync, constants } from 'node:zlib';
import { expect, it } from 'vitest';
import { makeMessage, messageToKeep } from '../../../src/gateway/connection/message.js';
import { BodyCollector } from '../../../src/gateway/transport/http/body-collector.js';
import { PLAIN, WireFrames } from '../../../src/gateway/transport/ws-frame.js';

const REPETITIVE = Buffer.from('{"price": 100.25, "size": 3}'.repeat(60));

/** The payload behind the frame's head, and whether it says that it is deflated. */
function parse(frame: Buffer | undefined): { isDeflated: boolean; payload: Buffer } {
  if (frame === undefined) throw new Error('There is no frame.');
  const length = (frame[1] ?? 0) & 0x7f;
  const headBytes = length === 127 ? 10 : length === 126 ? 4 : 2;
  return { isDeflated: ((frame[0] ?? 0) & 0x40) !== 0, payload: frame.subarray(headBytes) };
}

function inflate(payload: Buffer, windowBits: number): Buffer {
  const tail = Buffer.from([0, 0, 0xff, 0xff]);
  return inflateRawSync(Buffer.concat([payload, tail]), { windowBits, finishFlush: constants.Z_SYNC_FLUSH });
}

it.each([9, 10, 15])('deflates within a window of %i bits', (windowBits) => {
  const { isDeflated, payload } = parse(new WireFrames(REPETITIVE, false, true).frame(windowBits));
  expect(isDeflated).toBe(true);
  expect(inflate(payload, windowBits)).toEqual(REPETITIVE);
});

it('makes a frame once for all receivers with the same window', () => {
  const frames = new WireFrames(REPETITIVE, false, true);
  expect(frames.frame(15)).toBe(frames.frame(15));
  expect(frames.frame(PLAIN)).toBe(frames.frame(PLAIN));
  expect(frames.frame(PLAIN)).not.toBe(frames.frame(15));
});

it('sends uncompressed what deflating would lengthen', () => {
  const noise = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * i * 2654435761) >>> 24));
  const { isDeflated, payload } = parse(new WireFrames(noise, true, true).frame(15));
  expect(isDeflated).toBe(false);
  expect(payload).toEqual(noise);
});

it('deflates a large message on another thread, and calls back every waiting receiver', async () => {
  const large = Buffer.concat(Array<Buffer>(60).fill(REPETITIVE));
  const frames = new WireFrames(large, false, true);
  expect(frames.frame(15)).toBeUndefined();
  expect(frames.frame(15)).toBeUndefined();
  await Promise.all([1, 2].map(() => new Promise<void>((resolve) => frames.whenReady(15, resolve))));
  expect(inflate(parse(frames.frame(15)).payload, 15)).toEqual(large);
});

it.each([20_000, 70_000])('frames a body of %i bytes in the memory that it was read into', async (size) => {
  const collector = new BodyCollector(100_000, size);
  collector.add(Buffer.alloc(size, 'x'), true);
  const body = (await collector.done) ?? new Uint8Array();
  const text = new WireFrames(body, false, false).frame(PLAIN);
  expect(text?.buffer).toBe(body.buffer);
  expect(text?.readUInt8(0)).toBe(0x81);
  expect(parse(text).payload).toEqual(Buffer.alloc(size, 'x'));
  // As it is framed again where it had to wait.
  expect(new WireFrames(body, false, false).frame(PLAIN)).toEqual(text);
  expect(messageToKeep(makeMessage(body, false)).payload).toBe(body);
});

it('writes no head into shared memory', () => {
  const memory = Buffer.alloc(10 + 70_000, 'x');
  const frame = new WireFrames(memory.subarray(10), false, false).frame(PLAIN);
  expect(frame?.buffer).not.toBe(memory.buffer);
  expect(memory).toEqual(Buffer.alloc(10 + 70_000, 'x'));
});
