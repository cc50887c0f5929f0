import type { CheckFigures } from '../run-file/records.js';
import type { CheckGroup } from './check-tree.js';
import type { Palette } from './palette.js';

/** A check in k6's form: one line when all passed, else a second one that counts, by `countsIndent` further in: k6 0.x and 1.x differ. */
export function checkLines(check: CheckFigures, indent: string, palette: Palette, countsIndent = ' '): string[] {
  if (check.fails === 0) return [palette.pass(`${indent}✓ ${check.name}`)];
  const percent = Math.floor((100 * check.passes) / (check.passes + check.fails));
  return [
    palette.fail(`${indent}✗ ${check.name}`),
    palette.fail(`${indent}${countsIndent}↳  ${percent}% — ✓ ${check.passes} / ✗ ${check.fails}`),
  ];
}

/** The checks of a group and of those within it, each group under its name; a blank line after each list. */
export function groupLines(group: CheckGroup, indent: string, palette: Palette): string[] {
  const inner = group.name === '' ? indent : `${indent}  `;
  const lines = group.name === '' ? [] : [`${indent}█ ${group.name}`, ''];
  for (const check of group.checks) lines.push(...checkLines(check, inner, palette));
  if (group.checks.length > 0) lines.push('');
  for (const child of group.groups) lines.push(...groupLines(child, inner, palette));
  return lines;
}
