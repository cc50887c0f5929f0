import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { JSLIB_LIBRARIES, K6_MODULES } from '../../../../src/script-compiler/module-names.js';
import { runScript } from '../../../support/script-run.js';

const PAGE = readFileSync(new URL('../../../../docs/reference/k6-modules.md', import.meta.url), 'utf8');

/** The exports that the page lists, by module. */
function listed(): Record<string, string[]> {
  const rows = [...PAGE.matchAll(/^\| `([a-z0-9/-]+)` \| (`.*`) \|$/gm)];
  return Object.fromEntries(rows.map(([, name = '', cells = '']) => [name, cells.replaceAll('`', '').split(', ')]));
}

async function exportsOf(address: string): Promise<string[]> {
  const { lines } = await runScript(`
    import * as everything from '${address}';
    export default function () { console.log(Object.keys(everything).filter((name) => name !== 'default').join(', ')); }
  `);
  return (lines[0] ?? '').split(', ').toSorted();
}

it('the page lists every module and library with its exports', async () => {
  const names = [...K6_MODULES, ...JSLIB_LIBRARIES];
  const found = await Promise.all(
    names.map(async (name) => {
      const isLibrary = JSLIB_LIBRARIES.includes(name);
      return [name, await exportsOf(isLibrary ? `https://jslib.k6.io/${name}/1.0.0/index.js` : name)] as const;
    }),
  );
  expect(listed()).toEqual(Object.fromEntries(found));
});
