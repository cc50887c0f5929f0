import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSelector } from '../../../src/gateway/tag-index/format-selector.js';
import { parseSelector, type Selector } from '../../../src/gateway/tag-index/parse-selector.js';

const text = fc.string({ unit: 'grapheme' });
const selectors: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant({ kind: 'all' } as const),
  fc.array(fc.string({ unit: 'grapheme-ascii' })).map((ids) => {
    const parts = ids.flatMap((id) => id.split(','));
    return { kind: 'ids' as const, ids: new Set(parts.filter((id) => id !== '')) };
  }),
  fc
    .uniqueArray(fc.tuple(text, text), { minLength: 1, selector: ([key]) => key })
    .map((pairs) => ({ kind: 'pairs' as const, pairs: new Map(pairs) }))
    .filter(({ pairs }) => !pairs.has('all') && (pairs.get('id') ?? '') === ''),
);

describe('formatSelector', () => {
  it('is read as the same selector', () => {
    fc.assert(
      fc.property(selectors, (selector) => {
        expect(parseSelector(formatSelector(selector))).toEqual(selector);
      }),
    );
  });

  it('formats a repeated selector once', () => {
    const selector = parseSelector('room=a&side=b');
    if (typeof selector === 'string') throw new Error(selector);
    expect(formatSelector(selector)).toBe('room=a&side=b');
    expect(formatSelector(selector)).toBe(formatSelector(selector));
  });
});
