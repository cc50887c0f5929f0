import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import { textWidth } from './text-width.js';

/** A table with a line round it and none between its rows. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  aligns: readonly ('left' | 'right' | 'center')[],
): string {
  const style = { head: [], border: [], compact: true };
  const table = new Table({ head: [...head], colAligns: [...aligns], style });
  table.push(...rows.map((cells) => [...cells]));
  return table.toString();
}

/** The columns that a table takes. */
export function tableWidth(table: string): number {
  return Math.max(...table.split('\n').map((line) => textWidth(stripVTControlCharacters(line))));
}
