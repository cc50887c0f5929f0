import type { BatchOutcome, CallOutcome, TreeOutcome } from '../bus/bus.js';
import type { RemoteAnswers } from './pending-calls.js';

/** Named as silent when this node does not hear the others at all. */
export const EVERYBODY = '*';

/** Adds the answers of other nodes to the outcome of this one. */
export function sumOutcome(own: CallOutcome, { answers, silent }: RemoteAnswers): CallOutcome {
  const counts = new Map(own.counts);
  let refused: Map<string, string> | undefined;
  let missing: string[] | undefined;
  for (const { name, answer } of answers) {
    if (answer.outcome !== 'done') {
      refused ??= new Map(own.refused);
      refused.set(name, answer.reason);
      continue;
    }
    counts.set(name, (counts.get(name) ?? 0) + answer.count);
    if (answer.silent !== undefined) missing = [...(missing ?? []), ...answer.silent];
  }
  return { counts, silent: namesOf(own.silent, silent, missing), refused: refused ?? own.refused };
}

/** Adds the totals of other nodes to those of this one. */
export function sumBatch(own: BatchOutcome, { answers, silent }: RemoteAnswers): BatchOutcome {
  const totals = [...own.totals];
  const refused = new Map(own.refused);
  const missing: string[] = [];
  for (const { name, answer } of answers) {
    if (answer.outcome !== 'done') {
      refused.set(name, answer.reason);
      continue;
    }
    answer.totals?.forEach((count, index) => (totals[index] = (totals[index] ?? 0) + count));
    missing.push(...(answer.silent ?? []));
  }
  return { totals, silent: namesOf(own.silent, silent, missing), refused };
}

/** Adds the tags of other nodes to those of this one. */
export function sumTree(own: TreeOutcome, { answers, silent }: RemoteAnswers): TreeOutcome {
  const all = new Map<string, Set<string>>();
  const add = (tree: ReadonlyMap<string, readonly string[]>): void => {
    for (const [key, values] of tree) {
      const known = all.get(key) ?? new Set();
      for (const value of values) known.add(value);
      all.set(key, known);
    }
  };
  add(own.tree);
  const missing: string[] = [];
  for (const { name, answer } of answers) {
    if (answer.outcome === 'done') add(answer.tree ?? new Map());
    else missing.push(name);
    if (answer.outcome === 'done') missing.push(...(answer.silent ?? []));
  }
  const tree = new Map([...all].map(([key, values]) => [key, [...values]] as const));
  return { tree, silent: namesOf(own.silent, silent, missing) };
}

/** Names, each once and sorted. */
export function namesOf(
  first: readonly string[],
  ...more: readonly (readonly string[] | undefined)[]
): readonly string[] {
  const added = more.flatMap((names) => names ?? []);
  return added.length === 0 ? first : [...new Set([...first, ...added])].sort();
}
