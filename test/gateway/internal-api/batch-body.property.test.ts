import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readFramed,
  readNdjson,
  type BatchEntry,
  type BatchRefusal,
} from '../../../src/gateway/internal-api/batch-body.js';
import { formatSelector } from '../../../src/gateway/tag-index/format-selector.js';

interface Item {
  readonly room: string;
  /** Text, or bytes of a binary message. */
  readonly content: string | Uint8Array;
}

const item: fc.Arbitrary<Item> = fc.record({
  room: fc.string({ unit: 'binary', minLength: 1 }),
  content: fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()),
});

function selectorOf(room: string): string {
  return `room=${encodeURIComponent(room)}`;
}

function framed({ room, content }: Item): Buffer {
  const [query, message] = [Buffer.from(selectorOf(room)), Buffer.from(content)];
  const head = Buffer.alloc(9);
  head.writeUInt8(typeof content === 'string' ? 0 : 1, 0);
  head.writeUInt32BE(query.length, 1);
  head.writeUInt32BE(message.length, 5);
  return Buffer.concat([head, query, message]);
}

function line({ room, content }: Item): string {
  const message = typeof content === 'string' ? { text: content } : { base64: Buffer.from(content).toString('base64') };
  return `${JSON.stringify({ selector: selectorOf(room), ...message })}\n`;
}

/** The entries as items again; a refusal or an error is left as it is. */
function itemsOf(read: readonly BatchEntry[] | BatchRefusal): unknown {
  if ('reason' in read) return read;
  return read.map((entry) => {
    if (typeof entry === 'string') return entry;
    const { payload, binary } = entry.message;
    return [formatSelector(entry.selector), binary, Buffer.from(payload).toString('hex')];
  });
}

function expected(items: readonly Item[]): unknown {
  return items.map(({ room, content }) => [
    selectorOf(room),
    typeof content !== 'string',
    Buffer.from(content).toString('hex'),
  ]);
}

describe('the body of a batch', () => {
  it('is read as it was written, framed', () => {
    fc.assert(
      fc.property(fc.array(item), (items) => {
        expect(itemsOf(readFramed(Buffer.concat(items.map(framed))))).toEqual(expected(items));
      }),
    );
  });

  it('is read as it was written, as NDJSON', () => {
    fc.assert(
      fc.property(fc.array(item), fc.boolean(), (items, hasLastNewline) => {
        const text = items.map(line).join('');
        const body = Buffer.from(hasLastNewline ? text : text.replace(/\n$/, ''));
        expect(itemsOf(readNdjson(body))).toEqual(expected(items));
      }),
    );
  });

  it('is refused as a whole when it is framed and ends within an item', () => {
    fc.assert(
      fc.property(fc.array(item), item, fc.nat(), (items, last, at) => {
        const cut = framed(last).subarray(0, -1);
        const rest = cut.subarray(0, 1 + (at % cut.length));
        const read = readFramed(Buffer.concat([...items.map(framed), rest]));
        expect(read).toMatchObject({ status: 400, reason: expect.stringContaining(`item ${items.length + 1},`) });
      }),
    );
  });

  it('may be any bytes: each line has its entry, and nothing throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(item), (bytes, items) => {
        readFramed(bytes);
        const body = Buffer.concat([Buffer.from(items.map(line).join('')), bytes]);
        const newlines = bytes.filter((byte) => byte === 0x0a).length;
        const lines = newlines + (bytes.length > 0 && bytes.at(-1) !== 0x0a ? 1 : 0);
        const read = itemsOf(readNdjson(body));
        expect(Array.isArray(read) && read.slice(0, items.length)).toEqual(expected(items));
        expect(read).toHaveLength(items.length + lines);
      }),
    );
  });
});
