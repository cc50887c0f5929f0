import { expect, test } from 'vitest';
import { isOriginPattern, OriginList } from '../../../src/gateway/access/origin-list.js';

const list = new OriginList([
  'https://A.example',
  'http://b.example:8080',
  'https://*.c.example',
  'https://d.example:443',
  'null',
  'app://local',
]);

test.each([
  'https://a.example',
  'HTTPS://a.EXAMPLE',
  'https://a.example:443',
  'http://b.example:8080',
  'https://x.c.example',
  'https://x.y.c.example',
  'https://d.example',
  'null',
  'app://local',
])('%s is allowed', (origin) => {
  expect(list.allows(origin)).toBe(true);
});

test.each([
  '',
  'http://a.example',
  'https://a.example:8443',
  'https://a.example.evil',
  'https://evil-a.example',
  'http://b.example',
  'https://c.example',
  'https://.c.example',
  'https://evilc.example',
  'https://evil.example/.c.example',
  'https://evil.example#.c.example',
  'https://x@y.c.example',
  'http://x.c.example',
  'https://a.example, https://evil.example',
])('%j is not', (origin) => {
  expect(list.allows(origin)).toBe(false);
});

test('an empty list is told from one that allows nobody', () => {
  expect([new OriginList([]).isEmpty, list.isEmpty]).toEqual([true, false]);
});

test.each([
  ['https://a.example', true],
  ['https://*.a.example:8443', true],
  ['null', true],
  ['http://[::1]:80', true],
  ['a.example', false],
  ['https://a.example/', false],
  ['https://*', false],
  ['*', false],
  ['https://a.*.example', false],
  ['https://u@a.example', false],
])('%s may stand in a list: %s', (text, may) => {
  expect(isOriginPattern(text)).toBe(may);
});
