import { PART_SEPARATOR, type CheckFigures, type RunTotals } from '../../run-file/records.js';

/**
 * Totals of a scenario or a group, and its subgroups in the order in which they were first seen.
 */
export interface RunPart {
  readonly name: string;
  readonly totals: RunTotals;
  readonly parts: readonly RunPart[];
}

interface GrowingPart {
  readonly name: string;
  readonly totals: {
    readonly counters: Record<string, number>;
    readonly gauges: Record<string, RunTotals['gauges'][string]>;
    readonly rates: Record<string, RunTotals['rates'][string]>;
    readonly trends: Record<string, RunTotals['trends'][string]>;
    readonly checks: CheckFigures[];
  } & Pick<RunTotals, 'durationMs' | 'iterations'>;
  readonly parts: GrowingPart[];
}

/**
 * k6's name of the scenario of its short options; it is not repeated below the totals of the whole
 * run.
 */
const DEFAULT_SCENARIO = 'default';

/**
 * Builds a tree from totals whose names contain scenario, group and metric: scenarios by name, and
 * the groups of the default one.
 */
export function runParts(breakdown: RunTotals): {
  readonly groups: readonly RunPart[];
  readonly scenarios: readonly RunPart[];
} {
  const root = growTree(breakdown);
  const scenarios = root.parts.filter(({ name }) => name !== DEFAULT_SCENARIO);
  return {
    groups: root.parts.find(({ name }) => name === DEFAULT_SCENARIO)?.parts ?? [],
    scenarios: scenarios.toSorted((left, right) => left.name.localeCompare(right.name)),
  };
}

function growTree(breakdown: RunTotals): GrowingPart {
  const root = emptyPart('', breakdown);
  for (const kind of ['counters', 'gauges', 'rates', 'trends'] as const) {
    for (const [key, value] of Object.entries(breakdown[kind])) {
      const [scenario = '', group = '', metric = ''] = key.split(PART_SEPARATOR);
      // Names come from scripts, and k6 allows `__proto__`.
      const { [kind]: figures } = partAt(root, scenario, group).totals;
      Object.defineProperty(figures, metric, { value, enumerable: true });
    }
  }
  for (const check of breakdown.checks) {
    const [scenario = '', group = ''] = check.group.split(PART_SEPARATOR);
    partAt(root, scenario, group).totals.checks.push({ ...check, group: '' });
  }
  return root;
}

/** Parents of groups exist even if they have no totals themselves. */
function partAt(root: GrowingPart, scenario: string, group: string): GrowingPart {
  const names = [scenario, ...group.split('::').filter((name) => name !== '')];
  return names.reduce((part, name) => {
    const known = part.parts.find((child) => child.name === name);
    if (known !== undefined) return known;
    const made = emptyPart(name, root.totals);
    part.parts.push(made);
    return made;
  }, root);
}

function emptyPart(name: string, { durationMs }: Pick<RunTotals, 'durationMs'>): GrowingPart {
  const iterations = { complete: 0, interrupted: 0 };
  return {
    name,
    totals: { durationMs, iterations, counters: {}, gauges: {}, rates: {}, trends: {}, checks: [] },
    parts: [],
  };
}
