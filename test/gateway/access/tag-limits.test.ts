import { expect, it } from 'vitest';
import { countTags, tagProblem } from '../../../src/gateway/access/tag-limits.js';

const LIMITS = { maxTags: 3, maxTagBytes: 16 };
const problem = (key: string, value: string) =>
  tagProblem(
    new Map([
      ['ok', '1'],
      [key, value],
    ]),
    LIMITS,
  );

it.each([
  ['id', 'x', "a tag cannot be called 'id': /status shows the connection's id there"],
  ['', 'x', 'a tag must have a name'],
  ['key', 'x'.repeat(14), 'the tag "key" has 17 bytes, key and value together; at most 16 are allowed'],
  ['k\u00fc', 'x'.repeat(14), 'the tag "k\u00fc" has 17 bytes, key and value together; at most 16 are allowed'],
  ['key', 'x'.repeat(13), undefined],
  ['a', '', undefined],
])('the tag %j=%j: %s', (key, value, sentence) => {
  expect(problem(key, value)).toBe(sentence);
});

it('truncates a long key in messages', () => {
  expect(problem('k'.repeat(5000), '')?.length).toBeLessThan(200);
});

it('counts tags after the changes', () => {
  const before = new Map([
    ['a', '1'],
    ['b', '2'],
  ]);
  const after = (changes: Readonly<Record<string, string>>) => countTags(before, new Map(Object.entries(changes)));
  expect([
    after({}),
    after({ a: '9' }),
    after({ c: '3' }),
    after({ a: '' }),
    after({ c: '' }),
    after({ a: '', c: '3' }),
  ]).toEqual([2, 2, 3, 1, 2, 2]);
});
