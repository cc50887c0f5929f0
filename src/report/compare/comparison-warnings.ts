import type { ComparisonSettings, Gate } from './comparison.js';
import type { LoadedRun, Sides } from './seconds/loaded-run.js';

export const DEFAULT_BUDGET = 0.1;
export const DEFAULT_NOISE = 0.05;
/** Usual budget of rates, which have no variance between runs to allow for. */
const RATE_BUDGET = 0.01;

/** Warnings about a comparison as a whole. */
export function comparisonWarnings(
  { base, next }: Sides,
  gates: readonly Gate[],
  settings: ComparisonSettings,
): readonly string[] {
  const warnings: string[] = [];
  if (gates.every(({ origin }) => origin === 'default'))
    warnings.push('judged by the default gates; --gate sets others');
  const tight = gates.filter(({ budget }) => budget !== undefined && budget < DEFAULT_BUDGET && budget > RATE_BUDGET);
  if (settings.method === 'one-against-one') {
    warnings.push(
      `one run against one: the interval covers noise within the runs, and ${settings.noise * 100}% between runs is assumed (--noise)`,
    );
    if (tight.length > 0 && settings.noise >= DEFAULT_NOISE)
      warnings.push('a budget below 10% is often inconclusive with one run per side: compare several');
    if (base.length + next.length > 2)
      warnings.push('too few runs to estimate the variance between them: the runs of each side were averaged');
  }
  return [...warnings, ...[...base, ...next].flatMap(runWarnings)];
}

/** Warnings about a single run: a strained generator, a damaged file. */
function runWarnings({ path, run }: LoadedRun): readonly string[] {
  const { text = 'the file is truncated' } = run.events.findLast(({ kind }) => kind === 'interruption') ?? {};
  return [
    ...(run.end.health.verdict === 'strained' ? [`the generator was strained in ${path}`] : []),
    ...(run.complete ? [] : [`${path}: ${text}; the seconds before that were compared`]),
  ];
}
