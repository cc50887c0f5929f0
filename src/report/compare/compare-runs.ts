import { WsgError } from '../../core/error.js';
import type { ComparedRun, Comparison, ComparisonMethod, ComparisonSettings, Gate } from './comparison.js';
import { defaultGates } from './default-gates.js';
import { differencesOf, DIFFERENCE_KEYS } from './differences.js';
import { commonFailures, worseFailures } from './failure-rate.js';
import { findStalls } from './find-stalls.js';
import { TAIL } from './judge-gate.js';
import { judgeGates, type Sides } from './judge-gates.js';
import { loadRun, type LoadedRun, type LoadWish } from './loaded-run.js';
import { readHeader } from '../../run-file/index.js';
import { seedOf } from './seeded-draws.js';
import { comparisonWarnings, DEFAULT_BUDGET, DEFAULT_NOISE } from './comparison-warnings.js';
import { forbidGood, overallVerdict } from './overall-verdict.js';
import { shownFigures } from './shown-figures.js';

/** What is to be compared, and how. */
export interface CompareOptions {
  readonly base: readonly string[];
  readonly next: readonly string[];
  /** The default ones of the scenario when empty. */
  readonly gates: readonly Gate[];
  readonly budget?: number;
  readonly noise?: number;
  /** Instead of what the runs say. */
  readonly warmupMs?: number;
  /** Differences that do not matter, by their keys. */
  readonly allowed?: readonly string[];
  /** Hears how much has been read, 0 to 1. */
  readonly read?: (share: number) => void;
}

/** A comparison, and the runs that it was made of. */
export interface LoadedComparison {
  readonly comparison: Comparison;
  readonly sides: Sides;
}

/** Compares two sets of runs. Throws what `readRun` throws, and `usage` when there is nothing to compare. */
export async function compareFiles(options: CompareOptions): Promise<LoadedComparison> {
  const {
    base: [first],
    next,
    budget = DEFAULT_BUDGET,
    noise = DEFAULT_NOISE,
    allowed = [],
  } = options;
  if (first === undefined || next.length === 0) throw new WsgError('usage', 'A comparison needs a run on each side.');
  const unknown = allowed.filter((key) => !DIFFERENCE_KEYS.includes(key));
  if (unknown.length > 0) {
    throw new WsgError('usage', `There is no difference called ${unknown.join(', ')}.`, {
      hint: `They are ${DIFFERENCE_KEYS.join(', ')}.`,
    });
  }
  const header = await readHeader(first);
  const gates = options.gates.length > 0 ? options.gates : defaultGates(header, budget);
  const wish = { gates, warmupMs: options.warmupMs };
  const sides = await loadSides(options, wish);
  const settings = { budget, noise, allowed, warmupMs: options.warmupMs ?? header.warmupMs };
  return { comparison: compareLoaded(sides, gates, settings), sides };
}

async function loadSides({ base, next, read }: CompareOptions, wish: LoadWish): Promise<Sides> {
  const loaded: LoadedRun[] = [];
  const paths = [...base, ...next];
  for (const path of paths) {
    loaded.push(await loadRun(path, wish));
    read?.(loaded.length / paths.length);
  }
  return { base: loaded.slice(0, base.length), next: loaded.slice(base.length) };
}

/** How loaded runs are compared. */
export interface CompareSettings {
  readonly budget: number;
  readonly noise: number;
  readonly warmupMs: number;
  readonly allowed: readonly string[];
}

/** The same for runs that have been read. */
export function compareLoaded(
  sides: Sides,
  gates: readonly Gate[],
  { budget, noise, warmupMs, allowed }: CompareSettings,
): Comparison {
  const settings: ComparisonSettings = {
    method: methodFor(sides),
    noise,
    defaultBudget: budget,
    confidence: 1 - 2 * TAIL,
    warmupMs,
    seed: seedOfRuns(sides),
  };
  return compose(sides, gates, settings, allowed);
}

function compose(
  sides: Sides,
  gates: readonly Gate[],
  settings: ComparisonSettings,
  allowed: readonly string[],
): Comparison {
  const headers = (runs: readonly LoadedRun[]) => runs.map(({ run }) => run.header);
  const differences = differencesOf(headers(sides.base), headers(sides.next), allowed);
  const stalls = stallsOf(sides, gates);
  const hasNewStalls =
    stalls.filter(({ side }) => side === 'new').length > stalls.filter(({ side }) => side === 'base').length;
  const failures = worseFailures(sides.base, sides.next);
  const common = commonFailures(sides.base, sides.next);
  const blocking = [
    ...differences.filter(({ consequence }) => consequence === 'invalid').map(tellDifference),
    ...saturation(sides),
    // More of them than before is a regression, and not a question of what can be compared.
    ...(failures.length === 0 ? common.blocking : []),
  ];
  const judged = judgeGates(sides, gates, settings, { blocking, hasNewStalls });
  const results = judged.map((result) => forbidGood(result, failures));
  const { verdict, because } = overallVerdict(results, failures, blocking);
  return {
    verdict,
    because,
    settings,
    base: sides.base.map(tellRun),
    next: sides.next.map(tellRun),
    differences,
    gates: results,
    shown: shownFigures(sides, gates),
    stalls,
    warnings: [...common.warnings, ...comparisonWarnings(sides, gates, settings)],
  };
}

/** Few runs stand for their side by the middle one; what has a method of its own is judged by that. */
function methodFor({ base, next }: Sides): ComparisonMethod {
  if (base.length >= 4 && next.length >= 4) return 'many-against-many';
  return base.length >= 3 && next.length === 1 ? 'one-against-many' : 'one-against-one';
}

function seedOfRuns({ base, next }: Sides): number {
  const texts = [...base, ...next].map(({ run }) =>
    JSON.stringify([run.header.startedAt, run.header.planHash, run.end.totals.counters]),
  );
  return seedOf(texts);
}

function tellDifference({
  key,
  base,
  next,
}: {
  readonly key: string;
  readonly base: string;
  readonly next: string;
}): string {
  return `${key} differs (${base === '' ? 'none' : base} and ${next === '' ? 'none' : next}; --allow-different ${key} overrides)`;
}

function saturation({ base, next }: Sides): readonly string[] {
  return [...base, ...next]
    .filter(({ run }) => run.end.health.verdict === 'saturated')
    .map(({ path }) => `the generator was the bottleneck in ${path}`);
}

function tellRun({ path, run }: LoadedRun): ComparedRun {
  const { header, end, complete } = run;
  const { startedAt, scenario, version, node, machine } = header;
  return {
    path,
    startedAt,
    scenario,
    version,
    node,
    machine: `${machine.cpuModel}, ${machine.cpus} cores`,
    health: end.health.verdict,
    durationMs: end.totals.durationMs,
    complete,
  };
}

function stallsOf({ base, next }: Sides, gates: readonly Gate[]): Comparison['stalls'] {
  const series = [...new Set([...gates.map((gate) => gate.series), 'ws_msgs_received'])].filter(
    (name) => name !== 'checks',
  );
  return [
    ...base.flatMap((run) => findStalls('base', run, series)),
    ...next.flatMap((run) => findStalls('new', run, series)),
  ];
}
