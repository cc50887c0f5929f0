import type { CheckFigures, RunTotals } from '../../run-file/records.js';
import type { Palette } from '../terminal/palette.js';

/** A group of a script with its checks, both in the order in which they were first seen. */
export interface CheckGroup {
  /** '' at the root. */
  readonly name: string;
  /** k6's path: `::outer::inner`, '' at the root. */
  readonly path: string;
  readonly checks: readonly CheckFigures[];
  readonly groups: readonly CheckGroup[];
}

interface GrowingGroup extends CheckGroup {
  readonly checks: CheckFigures[];
  readonly groups: GrowingGroup[];
}

/** The root group of a run's checks; groups without a check come last. */
export function checkTree({ checks, groups = [] }: Pick<RunTotals, 'checks' | 'groups'>): CheckGroup {
  const root = emptyGroup('', '');
  for (const check of checks) groupAt(root, check.group).checks.push(check);
  for (const group of groups) groupAt(root, group);
  return root;
}

function groupAt(root: GrowingGroup, path: string): GrowingGroup {
  let group = root;
  for (const name of path.split('::').filter((part) => part !== '')) {
    let child = group.groups.find((candidate) => candidate.name === name);
    if (child === undefined) {
      child = emptyGroup(name, `${group.path}::${name}`);
      group.groups.push(child);
    }
    group = child;
  }
  return group;
}

function emptyGroup(name: string, path: string): GrowingGroup {
  return { name, path, checks: [], groups: [] };
}

/**
 * Renders a check as k6 does: one line if all passed, otherwise a second one with counts, indented
 * further by `countsIndent`, in which k6 0.x and 1.x differ.
 */
export function checkLines(check: CheckFigures, indent: string, palette: Palette, countsIndent = ' '): string[] {
  if (check.fails === 0) return [palette.pass(`${indent}✓ ${check.name}`)];
  const percent = Math.floor((100 * check.passes) / (check.passes + check.fails));
  return [
    palette.fail(`${indent}✗ ${check.name}`),
    palette.fail(`${indent}${countsIndent}↳  ${percent}% — ✓ ${check.passes} / ✗ ${check.fails}`),
  ];
}

/**
 * Renders the checks of a group and its subgroups, each group below its name, with a blank line
 * after each list.
 */
export function groupLines(group: CheckGroup, indent: string, palette: Palette): string[] {
  const inner = group.name === '' ? indent : `${indent}  `;
  const lines = group.name === '' ? [] : [`${indent}█ ${group.name}`, ''];
  for (const check of group.checks) lines.push(...checkLines(check, inner, palette));
  if (group.checks.length > 0) lines.push('');
  for (const child of group.groups) lines.push(...groupLines(child, inner, palette));
  return lines;
}
