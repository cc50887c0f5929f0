import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesToByteText, toByteText } from '../../src/core/byte-text.js';
import { JsonPath } from '../../src/json-path/json-path.js';

const PATHS = [
  'a',
  'a.b.0.c',
  '*.?.a*b',
  '#',
  '#.a',
  '#(a=="b").c',
  'a.#(b%"*x*y*")#.c|0',
  '..#.a',
  '@dig:a',
  '@flatten:{"deep":true}',
  '@join.@keys.@reverse.@values',
  '@tostr.@fromstr',
  'a.@group|0',
  '@ugly.@valid',
  '{a,"b":#.a,c:@this}',
  '[a,b.c].1',
].map((path) => new JsonPath(path));

it('never throws, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const path of PATHS) expect(path.read(bytesToByteText(bytes))).toBeTypeOf('string');
    }),
    { numRuns: 200 },
  );
});

it('never throws on mutated JSON', () => {
  const change = fc.record({
    at: fc.nat(),
    drop: fc.nat(3),
    put: fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ','),
  });
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.array(change, { maxLength: 5 }), (json, changes) => {
      const text = changes.reduce((before, { at, drop, put }) => {
        const place = at % (before.length + 1);
        return before.slice(0, place) + put + before.slice(place + drop);
      }, json);
      for (const path of PATHS) expect(path.read(toByteText(text))).toBeTypeOf('string');
    }),
    { numRuns: 200 },
  );
});

it('reads any path', () => {
  const part = fc.constantFrom(
    'a',
    '.',
    '|',
    '#',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '"',
    '\\',
    '*',
    '?',
    '@this',
    '!',
    '=',
    ':',
    ',',
    '~',
    '1',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 16 }), (parts) => {
      const path = new JsonPath(parts.join(''));
      for (const json of ['{"a":[1,{"a":"x"}]}', '[[{"a":1}],"a"]', '"a']) expect(path.read(json)).toBeTypeOf('string');
    }),
    { numRuns: 500 },
  );
});

it('finds every value that JSON.parse finds, whatever surrounds it', () => {
  const key = fc.stringMatching(/^[a-z]{1,3}$/);
  fc.assert(
    fc.property(fc.dictionary(key, fc.oneof(fc.string(), fc.json())), key, fc.string(), (object, name, value) => {
      const json = JSON.stringify({ ...object, [name]: value });
      expect(new JsonPath(name).read(toByteText(json))).toBe(toByteText(value));
    }),
  );
});

/**
 * Inputs on which a scanner that backtracks, or recurses with the depth of the message, hangs or
 * overflows the stack.
 */
const HOSTILE: readonly string[] = [
  '[',
  '{"a":',
  '"',
  '\\"',
  '"\\',
  '[{"a":',
  ',',
  'n',
  '{"a":[',
  '*',
  '}',
  '[[],',
  '-',
];
const HOSTILE_BYTES = 20_000;

it('takes far less time than a quadratic scanner on long inputs, whatever their depth', () => {
  for (const unit of HOSTILE) {
    for (const prefix of ['', '{"a":']) {
      const json = prefix + unit.repeat(HOSTILE_BYTES / unit.length);
      for (const path of PATHS) expect(path.read(json)).toBeTypeOf('string');
    }
  }
});
