import { expect, it } from 'vitest';
import { statusLine, treeText } from '../../../src/gateway/internal-api/status-routes.js';

it('a line is the id and the tags, each followed by a space', () => {
  const tags = new Map([
    ['foo', 'bar'],
    ['user', 'ø/ü'],
  ]);
  expect(statusLine({ id: 'abc', tags })).toBe('id=abc foo=bar user=ø/ü \n');
  expect(statusLine({ id: 'abc', tags: new Map() })).toBe('id=abc \n');
});

it('no tag can forge a line or a pair', () => {
  const tags = new Map([['k =\n', 'a b\r\nid=evil\u0000\u007f\u0085\u2028']]);
  expect(statusLine({ id: 'abc', tags })).toBe('id=abc k%20%3D%0A=a%20b%0D%0Aid%3Devil%00%7F%C2%85%E2%80%A8 \n');
});

it('the tree has a line for each value and an empty line behind each key', () => {
  const tree = new Map([
    ['foo', ['bar', 'b z']],
    ['x', ['1\n2']],
  ]);
  expect(treeText(tree)).toBe('foo\n - bar\n - b z\n\nx\n - 1%0A2\n\n');
});
