import { largest } from '../../core/largest.js';
import { visibleWidth } from './text-width.js';

/** Spaces on both sides of a cell. */
const PADDING = 2;

type Align = 'left' | 'right' | 'center';

/** A column: its width without padding, and how its cells are aligned. */
interface TableColumn {
  readonly width: number;
  readonly align: Align;
}

/** Renders a table with a border and without lines between its rows. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  aligns: readonly Align[],
): string {
  const all = [head, ...rows].map((cells) => head.map((_, at) => (cells[at] ?? '').split('\n')));
  const columns = head.map((_, at) => ({
    width: largest(all.map((cells) => largest((cells[at] ?? []).map(visibleWidth)))),
    align: aligns[at] ?? 'left',
  }));
  const [title = '', ...body] = all.map((cells) => drawRow(cells, columns));
  const [top, middle, bottom] = [line('┌┬┐', columns), line('├┼┤', columns), line('└┴┘', columns)];
  return [top, title, ...(body.length > 0 ? [middle, ...body] : []), bottom].join('\n');
}

/** Draws a row of cells, each of one or more lines. */
function drawRow(cells: readonly (readonly string[])[], columns: readonly TableColumn[]): string {
  const height = largest(cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, row) => {
    const texts = columns.map((column, at) => ` ${aligned(cells[at]?.[row] ?? '', column)} `);
    return `│${texts.join('│')}│`;
  }).join('\n');
}

function aligned(text: string, { width, align }: TableColumn): string {
  const free = width - visibleWidth(text);
  const before = align === 'left' ? 0 : align === 'right' ? free : Math.floor(free / 2);
  return ' '.repeat(before) + text + ' '.repeat(free - before);
}

/** Draws a line of the border; `corners` are its left, middle and right crossings. */
function line(corners: string, columns: readonly TableColumn[]): string {
  const [left = '', middle = '', right = ''] = corners;
  return left + columns.map(({ width }) => '─'.repeat(width + PADDING)).join(middle) + right;
}

/** The columns that a table with cells of these widths takes. */
export function widthOfTable(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + PADDING, 0) + widths.length + 1;
}

/** The columns that a table takes. */
export function tableWidth(table: string): number {
  return visibleWidth(table.slice(0, table.indexOf('\n')));
}
