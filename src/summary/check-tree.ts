import type { CheckFigures, RunTotals } from '../run-file/records.js';

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
