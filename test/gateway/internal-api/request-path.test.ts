import { expect, it } from 'vitest';
import { cleanPath, decodePath } from '../../../src/gateway/internal-api/router.js';

it.each([
  ['/send', '/send'],
  ['//send', '/send'],
  ['/send/', '/send/'],
  ['/a//b/', '/a/b/'],
  ['/./send', '/send'],
  ['/a/../send', '/send'],
  ['/../../send', '/send'],
  ['/', '/'],
  ['', '/'],
  ['//', '/'],
])('%j is cleaned to %j as Go does', (path, cleaned) => {
  expect(cleanPath(path)).toBe(cleaned);
});

it('paths are decoded, broken escapes are seen', () => {
  expect(decodePath('/%73end')).toBe('/send');
  expect(decodePath('/%')).toBeUndefined();
  expect(decodePath('/%f')).toBeUndefined();
});

it('escaped bytes that are no UTF-8 are no broken escape: the path is one that nobody serves', () => {
  expect(decodePath('/%ffsend')).toBe('/\ufffdsend');
});
