import { expect, it } from 'vitest';
import { Memo } from '../../src/core/memo.js';

function counted() {
  const asked: string[] = [];
  const memo = new Memo(2, (key) => {
    asked.push(key);
    return key.length;
  });
  return { asked, memo };
}

it('a value is made once for a key that comes again', () => {
  const { asked, memo } = counted();
  expect([memo.get('one'), memo.get('one'), memo.get('three')]).toEqual([3, 3, 5]);
  expect(asked).toEqual(['one', 'three']);
});

it('starts over when it is full, so that strangers cannot make it grow', () => {
  const { asked, memo } = counted();
  for (const key of ['a', 'b', 'c', 'a', 'c']) memo.get(key);
  expect(asked).toEqual(['a', 'b', 'c', 'a']);
});

it('a long key is not kept', () => {
  const { asked, memo } = counted();
  const key = 'x'.repeat(3000);
  expect([memo.get(key), memo.get(key)]).toEqual([3000, 3000]);
  expect(asked).toHaveLength(2);
});
