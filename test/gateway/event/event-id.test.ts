import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEventId, parseEventId } from '../../../src/gateway/event/gateway-event.js';

const safeNumber = fc.integer({ min: 0, max: 999_999_999_999_999 });
const node = fc.integer({ min: 0, max: 0xffff }).map((bits) => bits.toString(16).padStart(4, '0'));

describe('event id', () => {
  it('is node, boot epoch and sequence', () => {
    expect(formatEventId({ node: '00af', epoch: 1_700_000_000_000 }, 42)).toBe('00af-1700000000000-42');
  });

  it('parses to the parts that it was formatted from', () => {
    fc.assert(
      fc.property(node, safeNumber, safeNumber, (name, epoch, sequence) => {
        expect(parseEventId(formatEventId({ node: name, epoch }, sequence))).toEqual({ node: name, epoch, sequence });
      }),
    );
  });

  it('has one spelling: every id that parses formats to the same text', () => {
    const pieces = fc.constantFrom('0', '00', '7', '00af', '00AF', '12', '-', '--', ' ', 'g', '.5', '1e3', '+1');
    const near = fc.array(pieces, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
    const almost = fc.tuple(pieces, pieces, pieces).map((parts) => parts.join('-'));
    fc.assert(
      fc.property(fc.oneof(near, almost, fc.string()), (text) => {
        const id = parseEventId(text);
        expect([undefined, text]).toContain(id && formatEventId(id, id.sequence));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    '',
    '0',
    '00af',
    '00af-1',
    '00AF-1-1',
    '0af-1-1',
    '00af-01-1',
    '00af-1-01',
    '00af-1--1',
    ' 00af-1-1',
    '00af-1-1\n',
  ])('%j is none', (text) => {
    expect(parseEventId(text)).toBeUndefined();
  });
});
