import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';

const ROOT = resolve(import.meta.dirname, '../../..');

it('holds the uPlot of node_modules; `node scripts/embed-uplot.mjs` renews it', async () => {
  const made = join(await temporaryFolder(), 'uplot-assets.ts');
  execFileSync(process.execPath, [join(ROOT, 'scripts/embed-uplot.mjs'), made]);
  expect(await readFile(join(ROOT, 'src/summary/page/uplot-assets.ts'), 'utf8')).toBe(await readFile(made, 'utf8'));
});
