import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const DOCS = join(import.meta.dirname, '../../docs');

it('docs/README.md names every page of guides, tutorials, references and scenarios', () => {
  const index = readFileSync(join(DOCS, 'README.md'), 'utf8');
  const pages = readdirSync(DOCS, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'));
  const expected = pages.filter((path) => path.includes('/') && !path.startsWith('decisions/'));
  expect(expected.length).toBeGreaterThan(30);
  expect(expected.filter((path) => !index.includes(`](${path}`))).toEqual([]);
});
