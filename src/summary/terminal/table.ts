import Table from 'cli-table3';
import { textWidth } from './text-width.js';
import { stripVTControlCharacters } from 'node:util';
import { largest } from '../../core/largest.js';

/**
 * Larger tables are drawn in parts, since the layout of cli-table3 takes quadratic time: minutes
 * for ten thousand rows.
 */
const ROWS_AT_ONCE = 50;

/** Spaces on both sides of a cell. */
const PADDING = 2;

/** Renders a table with a border and without lines between its rows. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  aligns: readonly ('left' | 'right' | 'center')[],
): string {
  const shape = { colAligns: [...aligns], style: { head: [], border: [], compact: true } };
  if (rows.length <= ROWS_AT_ONCE) return drawn({ ...shape, head: [...head] }, rows);
  const colWidths = head.map((title, at) => largest([title, ...rows.map((row) => row[at] ?? '')].map(cellWidth)));
  const parts: string[] = [];
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const isFirst = from === 0;
    const isLast = from + ROWS_AT_ONCE >= rows.length;
    const chars = { ...(isFirst ? {} : NO_TOP), ...(isLast ? {} : NO_BOTTOM) };
    const part = { ...shape, colWidths, chars, ...(isFirst && { head: [...head] }) };
    parts.push(drawn(part, rows.slice(from, from + ROWS_AT_ONCE)));
  }
  return parts.join('\n');
}

const NO_TOP = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '' };

const NO_BOTTOM = { bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' };

function drawn(options: Table.TableConstructorOptions, rows: readonly (readonly string[])[]): string {
  const table = new Table(options);
  table.push(...rows.map((cells) => [...cells]));
  return table.toString();
}

function cellWidth(text: string): number {
  return textWidth(stripVTControlCharacters(text)) + PADDING;
}

/** The columns that a table with cells of these widths takes. */
export function widthOfTable(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + PADDING, 0) + widths.length + 1;
}

/** The columns that a table takes. */
export function tableWidth(table: string): number {
  return Math.max(...table.split('\n').map((line) => textWidth(stripVTControlCharacters(line))));
}
