import type { Cell } from './cells.mjs';

/** How often each word was said of a cell's pairs. */
export function tryCell(
  cell: Cell,
  pairs: number,
  seed: number,
): { readonly name: string; readonly counts: Readonly<Record<string, number>> };
