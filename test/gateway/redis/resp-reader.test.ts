import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RedisError } from '../../../src/gateway/redis/redis-error.js';
import { RespArray, RespReader, type RespReply } from '../../../src/gateway/redis/resp-reader.js';

/** The reader's view of a reply, and the reply's bytes. */
interface Sample {
  readonly wire: string;
  readonly seen: unknown;
}

const line = fc.stringMatching(/^[ -~]{0,20}$/);
const simple = line.map((text): Sample => ({ wire: `+${text}\r\n`, seen: text }));
const queued = fc.constant<Sample>({ wire: '+QUEUED\r\n', seen: 'QUEUED' });
const integer = fc.maxSafeInteger().map((value): Sample => ({ wire: `:${value}\r\n`, seen: value }));
/** The text without a full stop at the end. */
const error = line.map((text): Sample => {
  return { wire: `-OOM ${text}\r\n`, seen: { error: `OOM ${text}`.replace(/\.$/, '') } };
});
const bulk = fc
  .string({ unit: fc.constantFrom('\r', '\n', '$', '-', 'a'), maxLength: 30 })
  .map((text): Sample => ({ wire: `$${text.length}\r\n${text}\r\n`, seen: '' }));
const missing = fc.constant<Sample>({ wire: '$-1\r\n', seen: '' });
const scalar = fc.oneof(simple, queued, integer, error, bulk, missing);
const flat = fc.array(scalar, { maxLength: 3 }).map((members): Sample => {
  return { wire: `*${members.length}\r\n${members.map((member) => member.wire).join('')}`, seen: '' };
});
const array = fc.array(fc.oneof(scalar, flat), { maxLength: 8 }).map((members): Sample => {
  const errors = members.flatMap(({ seen }, index) => (isError(seen) ? [{ index, error: seen.error }] : []));
  const wire = `*${members.length}\r\n${members.map((member) => member.wire).join('')}`;
  return { wire, seen: { length: members.length, errors } };
});
const nullArray = fc.constant<Sample>({ wire: '*-1\r\n', seen: { length: -1, errors: [] } });

function isError(seen: unknown): seen is { readonly error: string } {
  return typeof seen === 'object' && seen !== null && 'error' in seen;
}

function asSeen(reply: RespReply): unknown {
  if (reply instanceof RedisError) return { error: reply.message };
  if (!(reply instanceof RespArray)) return reply;
  const errors = reply.errors.map(({ index, error }) => ({ index, error: error.message }));
  return { length: reply.length, errors };
}

function readPieces(pieces: readonly Buffer[]): unknown[] {
  const seen: unknown[] = [];
  const reader = new RespReader((reply) => seen.push(asSeen(reply)));
  for (const piece of pieces) reader.push(piece);
  return seen;
}

/** Splits at the given offsets, which may be in any order. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

describe('the reader of replies', () => {
  it('reads the same replies for every split of the stream', () => {
    const replies = fc.array(fc.oneof(scalar, array, nullArray), { maxLength: 30 });
    fc.assert(
      fc.property(replies, fc.array(fc.nat(), { maxLength: 40 }), (samples, places) => {
        const bytes = Buffer.from(samples.map(({ wire }) => wire).join(''));
        expect(readPieces(cut(bytes, places))).toEqual(samples.map(({ seen }) => seen));
      }),
    );
  });

  it('keeps strings when it is told to, for every split of the stream', () => {
    const strings = fc.array(fc.string({ unit: fc.constantFrom('\r', '\n', '$', 'ä', '😀'), maxLength: 9 }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(strings, fc.array(fc.nat(), { maxLength: 40 }), (texts, places) => {
        const bulks = texts.map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`).join('');
        const bytes = Buffer.from(`*${texts.length}\r\n${bulks}${bulks}`);
        const seen: unknown[] = [];
        const reader = new RespReader((reply) => seen.push(reply instanceof RespArray ? reply.values : reply));
        reader.keepsStrings = true;
        for (const piece of cut(bytes, places)) reader.push(piece);
        expect(seen).toEqual([texts, ...texts]);
      }),
    );
  });

  it('reads replies that arrive byte by byte', () => {
    const wire = '+OK\r\n*3\r\n$5\r\n1\r\n-2\r\n-WRONGTYPE no\r\n:-7\r\n+QUEUED\r\n';
    expect(readPieces([...Buffer.from(wire)].map((byte) => Buffer.of(byte)))).toEqual([
      'OK',
      { length: 3, errors: [{ index: 1, error: 'WRONGTYPE no' }] },
      'QUEUED',
    ]);
  });

  it.each(['HTTP/1.1 400 Bad Request\r\n', '*1\r\n'.repeat(100), `+${'a'.repeat(70_000)}`])(
    'throws at what no Redis says: %.20s',
    (wire) => {
      expect(() => readPieces([Buffer.from(wire)])).toThrow(/Redis/);
    },
  );

  it('keeps the arguments of unknown commands out of errors', () => {
    const error = new RedisError("ERR unknown command 'AUTH', with args beginning with: 'secret' ");
    expect(error).toMatchObject({ code: 'ERR', message: "ERR unknown command 'AUTH'" });
  });
});
