import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameWalker } from '../../../src/loadgen/client/frame-walker.js';

interface Frame {
  readonly first: number;
  readonly payload: Buffer;
}

function encode({ first, payload }: Frame): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), payload]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = first;
  header[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

/** Feeds a stream in pieces of these sizes through one reused buffer, as sockets do. */
function walk(stream: Buffer, sizes: readonly number[]) {
  const messages: string[] = [];
  const passed: Buffer[] = [];
  const order: Buffer[] = [];
  const sink = {
    onMessage: (bytes: Uint8Array, start: number, end: number, isBinary: boolean) => {
      const payload = Buffer.from(bytes.subarray(start, end));
      messages.push(payload.toString('latin1'));
      order.push(encode({ first: isBinary ? 0x82 : 0x81, payload }));
    },
  };
  const walker = new FrameWalker(sink, (bytes) => {
    passed.push(bytes);
    order.push(bytes);
  });
  const shared = Buffer.alloc(Math.max(...sizes, stream.length));
  let offset = 0;
  for (const size of [...sizes, stream.length]) {
    const piece = stream.subarray(offset, offset + size);
    piece.copy(shared);
    walker.feed(shared, piece.length);
    shared.fill(0xff);
    offset += piece.length;
  }
  return { messages, passed: Buffer.concat(passed), order: Buffer.concat(order) };
}

const text = (content: string): Buffer => encode({ first: 0x81, payload: Buffer.from(content) });
const PONG = encode({ first: 0x8a, payload: Buffer.from('1') });
const CLOSE = encode({ first: 0x88, payload: Buffer.from([0x03, 0xe8]) });

describe('FrameWalker', () => {
  it('passes on every message of a merged segment in place, and nothing to the full reader', () => {
    const { messages, passed } = walk(Buffer.concat([text('hello'), text(''), text('x'.repeat(300))]), []);
    expect(messages).toEqual(['hello', '', 'x'.repeat(300)]);
    expect(passed).toHaveLength(0);
  });

  it('passes control frames on in order', () => {
    const { messages, passed } = walk(Buffer.concat([text('a'), PONG, text('b')]), []);
    expect(messages).toEqual(['a', 'b']);
    expect(passed).toEqual(PONG);
  });

  it('passes on every fragment and the frames between them', () => {
    const fragments = Buffer.concat([
      encode({ first: 0x01, payload: Buffer.from('hel') }),
      PONG,
      encode({ first: 0x80, payload: Buffer.from('lo') }),
    ]);
    const { messages, passed } = walk(Buffer.concat([fragments, text('after')]), []);
    expect(passed).toEqual(fragments);
    expect(messages).toEqual(['after']);
  });

  it('leaves a new message between fragments, an error, to the full reader', () => {
    const stream = Buffer.concat([encode({ first: 0x01, payload: Buffer.from('hel') }), text('wrong'), text('late')]);
    expect(walk(stream, [])).toMatchObject({ messages: [], passed: stream });
  });

  it.each([
    ['a close frame', CLOSE],
    ['a continuation of nothing', encode({ first: 0x80, payload: Buffer.from('lo') })],
    ['an unknown opcode', encode({ first: 0x83, payload: Buffer.from('?') })],
    ['a ping in fragments', encode({ first: 0x09, payload: Buffer.from('p') })],
    ['a ping that is too long', encode({ first: 0x89, payload: Buffer.alloc(126) })],
    ['reserved bits', encode({ first: 0xc1, payload: Buffer.from('zip') })],
    ['a masked frame', Buffer.from([0x81, 0x81, 1, 2, 3, 4, 5])],
  ])('passes everything on after %s', (_what, frame) => {
    const stream = Buffer.concat([frame, text('late')]);
    expect(walk(stream, [])).toMatchObject({ messages: [], passed: stream });
  });

  it('continues with plain messages after a split frame', () => {
    const stream = Buffer.concat([text('one'), text('two'), text('three')]);
    const { messages, passed } = walk(stream, [7]);
    expect(messages).toEqual(['one', 'three']);
    expect(passed).toEqual(text('two'));
  });

  it('never loses, repeats or reorders a byte, however the stream is split', () => {
    const frame = fc.record({
      first: fc.constantFrom(0x81, 0x82, 0x89, 0x8a, 0x01, 0x80),
      payload: fc
        .oneof(fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ minLength: 120, maxLength: 140 }))
        .map((bytes) => Buffer.from(bytes)),
    });
    const big = fc.constant({ first: 0x82, payload: Buffer.alloc(70_000, 7) });
    const frames = fc.array(fc.oneof({ arbitrary: frame, weight: 20 }, { arbitrary: big, weight: 1 }), {
      maxLength: 30,
    });
    const sizes = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 60 });
    fc.assert(
      fc.property(frames, sizes, (list, cuts) => {
        const stream = Buffer.concat(list.map(encode));
        expect(walk(stream, cuts).order.equals(stream)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
