// Writes the table of docs/reference/options.md from the catalogue of options. `npm run generate`
// calls it.
import { readFile, writeFile } from 'node:fs/promises';
import { OPTION_CATALOGUE, optionRow, OPTION_TABLE_HEAD } from '../dist/loadgen/options/index.js';

const PAGE = new URL('../docs/reference/options.md', import.meta.url);

const [before, table] = (await readFile(PAGE, 'utf8')).split(OPTION_TABLE_HEAD);
if (table === undefined) throw new Error(`${PAGE.pathname} has no table of options`);
const rows = OPTION_CATALOGUE.all.map(optionRow).join('\n');
await writeFile(PAGE, before + OPTION_TABLE_HEAD + rows + table.slice(table.indexOf('\n\n')));
