import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameError, FrameReader, readFrames, type Frame } from '../../../src/gateway/calls/frame.js';
import {
  decodeAnswer,
  decodeCall,
  encodeAnswer,
  encodeCall,
  OP,
  type CallAnswer,
  type RemoteCall,
} from '../../../src/gateway/calls/remote-call.js';
import { makeMessage, textMessage } from '../../../src/gateway/connection/message.js';
import { parseSelector, type Selector } from '../../../src/gateway/tag-index/parse-selector.js';

function selector(query: string): Selector {
  const parsed = parseSelector(query);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
}

const ROOM = selector('room=a');
const CALLS: readonly RemoteCall[] = [
  { op: 'send', selector: ROOM, message: textMessage('für alle') },
  { op: 'send', selector: selector('all=true'), message: makeMessage(Buffer.from([0, 255]), true) },
  {
    op: 'settags',
    selector: selector('id=a,b'),
    changes: new Map([
      ['k', ''],
      ['é', '&='],
    ]),
  },
  { op: 'close', selector: ROOM, message: undefined },
  { op: 'close', selector: ROOM, message: textMessage('bye') },
  { op: 'status', request: { selector: ROOM, after: 'x', limit: 3 } },
  { op: 'status', request: { selector: ROOM } },
  { op: 'tree' },
  {
    op: 'batch',
    items: [
      { selector: ROOM, message: textMessage('') },
      { selector: ROOM, message: makeMessage(Buffer.from('b'), true) },
    ],
  },
  { op: 'knowsKey', key: 'größe' },
];

const ANSWERS: readonly (readonly [number, CallAnswer])[] = [
  [OP.send, { outcome: 'done', count: 4_000_000_000 }],
  [OP.settags, { outcome: 'refused', reason: 'too many tags' }],
  [99, { outcome: 'unsupported', reason: 'op 99' }],
  [OP.batch, { outcome: 'done', count: 3, totals: [1, 2] }],
  [OP.status, { outcome: 'done', count: 1, connections: [{ id: 'a', tags: new Map([['k', 'v']]) }] }],
  [OP.tree, { outcome: 'done', count: 1, tree: new Map([['k', ['v', 'w']]]) }],
];

function frame(body: Uint8Array): Frame {
  return {
    kind: 1,
    flags: 3,
    op: 9,
    fromNode: 65_535,
    fromBoot: 1_790_000_000_123,
    call: 7,
    place: 8,
    deadlineMs: 900,
    body,
  };
}

describe('calls between processes', () => {
  it.each(CALLS)('$op arrives unchanged', (call) => {
    expect(plain(decodeCall(encodeCall(call)))).toEqual(plain(call));
  });

  it('a selector becomes the same object, so that its selection is known', () => {
    const decoded = decodeCall(encodeCall({ op: 'send', selector: ROOM, message: textMessage('x') }));
    expect(decoded?.op === 'send' && decoded.selector).toBe(ROOM);
  });

  it.each(ANSWERS)('answers arrive unchanged: op %s', (op, answer) => {
    expect(decodeAnswer(op, encodeAnswer(answer))).toEqual(answer);
  });

  it('an unknown operation is not decoded, and a cut body throws', () => {
    expect(decodeCall({ op: 200, flags: 0, body: new Uint8Array(0) })).toBeUndefined();
    const { op, flags, body } = encodeCall({ op: 'send', selector: ROOM, message: textMessage('x') });
    expect(() => decodeCall({ op, flags, body: body.subarray(0, 6) })).toThrow(RangeError);
  });
});

describe('frames', () => {
  it('arrive whole, however the bytes are cut', () => {
    const sent = [frame(Buffer.from('one')), frame(new Uint8Array(0)), frame(Buffer.alloc(300, 1))];
    const bytes = Buffer.concat(sent.map(encodeFrame));
    expect(readFrames(bytes).map(plain)).toEqual(sent.map(plain));
    const reader = new FrameReader(1000);
    const received = Array.from(bytes, (_, at) => reader.push(bytes.subarray(at, at + 1))).flat();
    expect(received.map(plain)).toEqual(sent.map(plain));
  });

  it('of another version are passed over', () => {
    const newer = encodeFrame(frame(Buffer.from('?')));
    newer.writeUInt8(2, 4);
    expect(readFrames(Buffer.concat([newer, encodeFrame(frame(Buffer.from('x')))]))).toHaveLength(1);
  });

  it('are refused when their length is impossible', () => {
    expect(() => new FrameReader(100).push(encodeFrame(frame(Buffer.alloc(100))))).toThrow(FrameError);
    expect(() => new FrameReader(100).push(Buffer.alloc(4))).toThrow(FrameError);
  });
});

/** Buffers and typed arrays with the same bytes are equal here. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, one: unknown) => {
      if (one instanceof Map || one instanceof Set) return [...one];
      if (one instanceof Uint8Array) return Buffer.from(one).toString('hex');
      return isBufferJson(one) ? Buffer.from(one.data).toString('hex') : one;
    }),
  );
}

function isBufferJson(value: unknown): value is { readonly data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}
