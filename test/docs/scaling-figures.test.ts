import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { benchTable, figuresTable, loadsTable, memoryTable, stormsTable } from './scaling-tables.js';

const PAGE = join(import.meta.dirname, '../../docs/guide/scaling.md');

/** The generated places of the page, and what belongs there. */
const PLACES: Readonly<Record<string, () => string>> = {
  figures: figuresTable,
  workers: () => benchTable('workers'),
  cluster: () => benchTable('cluster'),
  batch: () => benchTable('batch'),
  memory: memoryTable,
  loads: loadsTable,
  storms: stormsTable,
};

/** `npx vitest run test/docs/scaling-figures.test.ts -u` writes the tables into the page. */
it('docs/guide/scaling.md has the figures of bench/results, and what is computed from them', async () => {
  const places = new Set<string>();
  const filled = readFileSync(PAGE, 'utf8').replaceAll(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => {
      places.add(name);
      return `${begin}\n${PLACES[name]?.() ?? ''}\n\n${end}`;
    },
  );
  expect([...places].toSorted()).toEqual(Object.keys(PLACES).toSorted());
  await expect(filled).toMatchFileSnapshot(PAGE);
});
