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

it('decodes paths, and detects invalid escapes', () => {
  expect(decodePath('/%73end')).toBe('/send');
  expect(decodePath('/%')).toBeUndefined();
  expect(decodePath('/%f')).toBeUndefined();
});

it('treats escaped bytes that are not UTF-8 as an unknown path, not as an invalid escape', () => {
  expect(decodePath('/%ffsend')).toBe('/\ufffdsend');
});
