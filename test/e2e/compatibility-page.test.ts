import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

it.each([
  ['compatibility.md', 'Transports'],
  ['k6-compatibility.md', 'Options'],
])('each clause on %s names tests that exist', (name, elsewhere) => {
  const page = readFileSync(new URL(`docs/reference/${name}`, ROOT), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| (?!clause|---)/.test(line));
  expect(rows.length).toBeGreaterThan(50);
  for (const row of rows) {
    const tests = row.split(' | ').at(-1)?.replace(/ \|$/, '').split(', ') ?? [];
    const missing = tests.filter((test) => test !== elsewhere && !isThere(test));
    expect([row, missing]).toEqual([row, []]);
  }
});

function isThere(name: string): boolean {
  return existsSync(new URL(name.startsWith('conformance/') ? name : `test/${name}`, ROOT));
}
