import { expect, it } from 'vitest';
import { canonicalOrigin, OriginList, originProblem } from '../../../src/gateway/access/origin-list.js';

const list = new OriginList([
  'https://A.example',
  'http://b.example:8080',
  'https://*.c.example',
  'https://d.example:443',
  'null',
  'app://local',
  'file://',
]);

it.each([
  'https://a.example',
  'HTTPS://a.EXAMPLE',
  'https://a.example:443',
  'http://b.example:8080',
  'https://x.c.example',
  'https://x.y.c.example',
  'https://d.example',
  'null',
  'app://local',
  'file://',
])('%s is allowed', (origin) => {
  expect(list.allows(origin)).toBe(true);
});

it.each([
  '',
  'http://a.example',
  'https://a.example:8443',
  'https://a.example.evil',
  'file:///',
  'file://evil',
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

it('distinguishes an empty list from one that matches nothing', () => {
  expect([new OriginList([]).isEmpty, list.isEmpty]).toEqual([true, false]);
});

it.each([
  ['https://a.example', 'https://a.example'],
  ['HTTPS://A.Example:443', 'https://a.example'],
  ['https://*.a.example:8443', 'https://*.a.example:8443'],
  ['null', 'null'],
  ['file://', 'file://'],
  ['FILE://', 'file://'],
  ['http://[::1]:80', 'http://[::1]'],
  ['http://[0:0:0:0:0:0:0:1]:8080', 'http://[::1]:8080'],
  ['http://127.1', 'http://127.0.0.1'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['https://*.BÜCHER.example', 'https://*.xn--bcher-kva.example'],
  ['https://b%C3%BCcher.example', 'https://xn--bcher-kva.example'],
  ['https://日本語.example:443', 'https://xn--wgv71a119e.example'],
  ['chrome-extension://abcdefgh', 'chrome-extension://abcdefgh'],
  ['capacitor://localhost', 'capacitor://localhost'],
])('%s in a list stands for %s', (text, canonical) => {
  expect(canonicalOrigin(text)).toBe(canonical);
  expect(originProblem(text)).toBeUndefined();
  expect(new OriginList([text]).allows(canonical.replace('*', 'x'))).toBe(true);
});

it.each([
  ['a.example', 'https://a.example'],
  ['https://a.example/', 'https://a.example'],
  ['http://a.example/path?x#y', 'http://a.example'],
  ['https://Bücher.example/', 'https://xn--bcher-kva.example'],
  ['https://*.a.example/', 'https://*.a.example'],
  ['https://u:secret@a.example', 'https://a.example'],
  ['wss://a.example:8443', 'https://a.example:8443'],
  ['ws://a.example', 'http://a.example'],
  [' https://a.example', 'https://a.example'],
  ['file:///home/page.html', 'file://'],
  ['file:', 'file://'],
  ['Null', 'null'],
  ['https://', undefined],
  ['https://*', undefined],
  ['*', undefined],
  ['', undefined],
  ['any', undefined],
  ['https://a.*.example', undefined],
  ['https://a.example:99999', undefined],
  ['https://*.10.0.0.1', undefined],
  ['https://*.[::1]', undefined],
])('%j is refused, with the spelling that is meant: %s', (text, meant) => {
  expect(canonicalOrigin(text)).toBeUndefined();
  const suggestion = meant === undefined ? '' : `; write ${meant}`;
  expect(originProblem(text)).toBe(
    `is not an origin such as https://example.com, https://*.example.com, file:// or null${suggestion}`,
  );
  expect(new OriginList([text]).isEmpty).toBe(true);
});
