import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { OPTION_CATALOGUE, type OptionEntry } from '../../../src/loadgen/options/option-catalogue.js';

function row({ name, flag, variable, fate, reason }: OptionEntry): string {
  const code = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``);
  return `| \`${name}\` | ${code(flag)} | ${code(variable)} | ${fate}${reason === undefined ? '' : `: ${reason}`} |`;
}

it('is what docs/reference/options.md says of each option, in its order', async () => {
  const page = await readFile(new URL('../../../docs/reference/options.md', import.meta.url), 'utf8');
  const table = page.split('| option | flag | variable | what becomes of it |\n| --- | --- | --- | --- |\n')[1] ?? '';
  expect(table.split('\n\n')[0]?.trimEnd().split('\n')).toEqual(OPTION_CATALOGUE.map(row));
});
