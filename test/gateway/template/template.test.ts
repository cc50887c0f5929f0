import { expect, it } from 'vitest';
import { hasPlaceholder, parseTemplate } from '../../../src/gateway/template/template.js';

it('parses tags, variables and defaults', () => {
  expect(parseTemplate('a-{tag.room}{json.user:none}.{tag.a.b:x:y}')).toEqual([
    'a-',
    { source: 'tag', name: 'room', fallback: '_', text: '{tag.room}' },
    { source: 'json', name: 'user', fallback: 'none', text: '{json.user:none}' },
    '.',
    { source: 'tag', name: 'a.b', fallback: 'x:y', text: '{tag.a.b:x:y}' },
  ]);
});

it('an unknown prefix, or none, only has a default', () => {
  const placeholders = parseTemplate('{user}{env.HOME:x}{tags.a:}{:y}');
  expect(placeholders).toMatchObject([
    { source: 'unknown', fallback: '_' },
    { source: 'unknown', fallback: 'x' },
    { source: 'unknown', fallback: '' },
    { source: 'unknown', fallback: 'y' },
  ]);
});

it('everything that does not look like a placeholder is text', () => {
  expect(parseTemplate('{}{a b}{tag.x')).toEqual(['{}{a b}{tag.x']);
  expect(hasPlaceholder('{a b}')).toBe(false);
  expect(hasPlaceholder('{a{tag.x}b}')).toBe(true);
});
