import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { OPTION_CATALOGUE, OPTION_TABLE_HEAD, optionRow } from '../../../src/loadgen/options/index.js';

it('is the table of docs/reference/options.md; `npm run generate` renews it', async () => {
  const page = await readFile(new URL('../../../docs/reference/options.md', import.meta.url), 'utf8');
  const [, table = ''] = page.split(OPTION_TABLE_HEAD);
  expect(table.split('\n\n')[0]?.trimEnd().split('\n')).toEqual(OPTION_CATALOGUE.all.map(optionRow));
});
