import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { fromByteText, toByteText } from '../../src/core/byte-text.js';
import { JsonPath } from '../../src/json-path/json-path.js';

const table = z
  .array(z.object({ json: z.string(), rows: z.array(z.tuple([z.string(), z.string()])) }))
  .parse(JSON.parse(readFileSync(new URL('gjson-table.json', import.meta.url), 'utf8')));

function read(json: string, path: string): string {
  return fromByteText(new JsonPath(path).read(toByteText(json)));
}

it('covers at least 150 paths of gjson', () => {
  expect(table.flatMap(({ rows }) => rows).length).toBeGreaterThanOrEqual(150);
});

for (const { json, rows } of table) {
  it(`agrees with gjson on ${json.slice(0, 40).replaceAll('\n', ' ')}`, () => {
    const given = rows.map(([path]) => [path, read(json, path)]);
    expect(given).toEqual(rows);
  });
}

it('does not add whitespace: @pretty equals @ugly', () => {
  expect(read('{ "a" : [1, 2] }', '@pretty')).toBe('{"a":[1,2]}');
});

it('reads bytes that are not valid UTF-8', () => {
  const json = Buffer.from([...Buffer.from('{"a":"x'), 0xff, ...Buffer.from('y"}')]).toString('latin1');
  expect(new JsonPath('a').read(json)).toBe('x\xffy');
});

it('follows @dig and deep @flatten 32 levels down', () => {
  const json = `${'['.repeat(38)}{"id":1}${']'.repeat(38)}`;
  expect(read(json, '@dig:id')).toBe('[]');
  expect(read(json.slice(10, -10), '@dig:id')).toBe('[1]');
  expect(read(json, '@flatten:{"deep":true}')).toBe(`${'['.repeat(6)}{"id":1}${']'.repeat(6)}`);
});
