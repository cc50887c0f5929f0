import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventTagsEncoder } from '../../../src/gateway/event/event-tags.js';

function encode(tags: Record<string, string>, included = Object.keys(tags)): string {
  return new EventTagsEncoder(included).encode(new Map(Object.entries(tags)));
}

describe('event tags', () => {
  it('contains only the included tags', () => {
    expect(encode({ a: '1', b: '2', c: '3' }, ['c', 'a', 'absent'])).toBe('a=1&c=3');
  });

  it('is empty when no included tag is set', () => {
    expect(encode({ a: '1' }, [])).toBe('');
    expect(encode({ a: '1' }, ['b'])).toBe('');
  });

  it('keeps a tag whose value is empty', () => {
    expect(encode({ a: '' })).toBe('a=');
  });

  it('contains a tag once when it is included twice', () => {
    expect(encode({ a: '1' }, ['a', 'a'])).toBe('a=1');
  });

  // The results of Go's url.QueryEscape.
  it.each([
    ['a b', 'a+b'],
    ['a+b', 'a%2Bb'],
    ["-_.~!*'()", '-_.~%21%2A%27%28%29'],
    ['$&+,/:;=?@', '%24%26%2B%2C%2F%3A%3B%3D%3F%40'],
    ['"<>#%{}|\\^[]`', '%22%3C%3E%23%25%7B%7D%7C%5C%5E%5B%5D%60'],
    ['ä€😀', '%C3%A4%E2%82%AC%F0%9F%98%80'],
    ['\u0000\n\u007f', '%00%0A%7F'],
    ['\ud800', '%EF%BF%BD'],
  ])('escapes %j as Go does, in keys and values', (text, escaped) => {
    expect(encode({ [text]: text })).toBe(`${escaped}=${escaped}`);
  });

  it('sorts keys by their bytes, not by their UTF-16 units', () => {
    expect(encode({ '\u{1f600}': '1', '\uff5e': '2', b: '3', B: '4' })).toBe('B=4&b=3&%EF%BD%9E=2&%F0%9F%98%80=1');
  });

  it('decodes to the original tags', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), (tags) => {
        const decoded = new Map(new URLSearchParams(encode(tags)));
        expect(decoded).toEqual(new Map(Object.entries(tags)));
      }),
    );
  });

  it('caches by the identity of the map, so each endpoint encodes shared tags once', () => {
    const encoder = new EventTagsEncoder(['a']);
    const shared = new Map([['a', '1']]);
    expect(encoder.encode(shared)).toBe('a=1');
    expect(encoder.encode(new Map([['a', '2']]))).toBe('a=2');
    expect(encoder.encode(shared)).toBe('a=1');
  });
});
