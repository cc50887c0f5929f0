import { TAIL } from './evidence/evidence.js';
import { withAnchor, withOutliers } from './baselines/judge-baselines.js';
import { judgeGates, methodFor } from './gates/judge-gates.js';
import type { Strain } from './gates/judge-service.js';
import type { LoadedRun, Sides } from './seconds/loaded-run.js';
import { comparisonWarnings } from './comparison-warnings.js';
import type { ComparedRun, Comparison, ComparisonSettings, Gate } from './comparison.js';
import { applicableGates } from './gates/default-gates.js';
import { differencesOf } from './differences.js';
import { commonFailures, emptyLoads, missingVolumes, outages, worseFailures } from './failure-rate.js';
import { findStalls } from './seconds/find-stalls.js';
import { forbidGood, overallVerdict } from './verdict.js';
import { seedOf } from '../../core/seeded-random.js';
import { shownFigures } from './shown-figures.js';
import { splitBaselines, type SplitBaselines } from './baselines/split-baselines.js';

/** A comparison, and the runs that it is based on. */
export interface LoadedComparison {
  readonly comparison: Comparison;
  readonly sides: Sides;
}

/** Settings for comparing loaded runs. */
export interface CompareSettings {
  readonly budget: number;
  readonly noise: number;
  readonly warmupMs: number;
  readonly allowed: readonly string[];
  readonly required?: readonly string[];
  /** Baselines that were left out, and why. */
  readonly leftOut?: Comparison['leftOut'];
  /**
   * Whether the base is a set of baselines, ordered by start time, from which outliers are left
   * out.
   */
  readonly isBaseline?: boolean;
  /** Number of first baselines that are the anchor; 0 for none. */
  readonly anchor?: number;
}

/** Compares runs that are loaded already. */
export function compareLoaded(all: Sides, gates: readonly Gate[], options: CompareSettings): LoadedComparison {
  const { budget, noise, warmupMs, isBaseline = false, anchor = 0 } = options;
  const { kept, notes } = applicableGates(gates, all);
  const split = isBaseline
    ? splitBaselines(all, kept, anchor)
    : { rolling: all.base, anchor: [], outliers: [], notes: [] };
  const sides = { base: split.rolling, next: all.next };
  const settings: ComparisonSettings = {
    method: methodFor(sides),
    noise,
    defaultBudget: budget,
    confidence: 1 - 2 * TAIL,
    warmupMs,
    seed: seedOfRuns(sides),
  };
  const compared = compose({ sides, all, split }, { gates: kept, notes }, settings, options);
  return { comparison: compared, sides };
}

interface ComposeParts {
  readonly sides: Sides;
  /** Sides with the outliers and the anchor in the base. */
  readonly all: Sides;
  readonly split: SplitBaselines;
}

function compose(
  { sides, all, split }: ComposeParts,
  { gates, notes }: { readonly gates: readonly Gate[]; readonly notes: readonly string[] },
  settings: ComparisonSettings,
  { allowed, required = [], leftOut = [] }: CompareSettings,
): Comparison {
  const { base, next } = sides;
  const headers = (runs: readonly LoadedRun[]) => runs.map(({ run }) => run.header);
  const differences = differencesOf(headers(base), headers(next), { allowed, required });
  const stalls = stallsOf(sides, gates);
  const failures = [...worseFailures(base, next), ...missingVolumes(base, next), ...outages(sides, stalls)];
  const common = commonFailures(base, next);
  const blocking = [
    ...sameRuns(sides),
    ...differences.filter(({ consequence }) => consequence === 'invalid').map(tellDifference),
    ...saturation(sides),
    ...invalidRuns(sides),
    // More failures than before are a regression; only failures on both sides can make a comparison
    // invalid.
    ...(failures.length === 0 ? common.blocking : []),
  ];
  const context = { blocking, hasNewStalls: hasMore(stalls), strain: strainOf(sides) };
  const judged = judgeGates(sides, gates, settings, context);
  const crept = withAnchor(judged, { anchor: split.anchor, all: anchored(all, split), next }, settings, context);
  const doubted =
    split.outliers.length < 2
      ? crept
      : withOutliers(
          crept,
          judgeGates(all, gates, { ...settings, method: methodFor(all) }, context),
          split.outliers.length,
        );
  const results = doubted.map((result) => forbidGood(result, failures));
  const whole = overallVerdict(results, { blocking, failures, empty: emptyLoads(next) });
  return {
    verdict: whole.verdict,
    because: `${whole.because}${tellOutliers(split.outliers.length, all.base.length)}`,
    settings,
    base: base.map(tellRun),
    next: next.map(tellRun),
    differences,
    leftOut: [...leftOut, ...split.outliers],
    gates: results,
    shown: shownFigures(sides, gates),
    stalls,
    warnings: [...common.warnings, ...split.notes, ...notes, ...comparisonWarnings(sides, gates, settings)],
  };
}

/** All baselines except for the outliers, in their order. */
function anchored({ base }: Sides, { outliers }: SplitBaselines): readonly LoadedRun[] {
  const left = new Set(outliers.map(({ path }) => path));
  return base.filter(({ path }) => !left.has(path));
}

/** A single outlier is left to the notes. From two on, the first line names them. */
function tellOutliers(count: number, of: number): string {
  return count < 2 ? '' : `; ${count} of ${of} baselines are outliers and were left out`;
}

/** A run cannot be compared with itself, even under another file name. */
function sameRuns({ base, next }: Sides): readonly string[] {
  const known = new Map(base.map((run) => [run.identity, run.path]));
  return next.flatMap(({ identity, path }) => {
    const same = known.get(identity);
    return same === undefined ? [] : [`${path} is the same run as ${same}`];
  });
}

function hasMore(stalls: Comparison['stalls']): boolean {
  const [base, next] = [stalls.filter(({ side }) => side === 'base'), stalls.filter(({ side }) => side === 'new')];
  return next.length > base.length;
}

/** A side is strained if at least half of its runs are. */
function strainOf({ base, next }: Sides): Strain {
  const isStrained = (runs: readonly LoadedRun[]): boolean =>
    runs.filter(({ run }) => run.end.health.verdict === 'strained').length * 2 >= runs.length;
  return { base: isStrained(base), next: isStrained(next) };
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
  return `${key} differs (${base === '' ? 'none' : base} and ${next === '' ? 'none' : next}; --allow-different ${key} ignores this)`;
}

function saturation({ base, next }: Sides): readonly string[] {
  return [...base, ...next]
    .filter(({ run }) => run.end.health.verdict === 'saturated')
    .map(({ path }) => `the generator was the bottleneck in ${path}`);
}

/** Merged runs whose load was not that of their plan. */
function invalidRuns({ base, next }: Sides): readonly string[] {
  return [...base, ...next].flatMap(({ path, run }) => (run.end.invalid ?? []).map((reason) => `${path}: ${reason}`));
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
    labels: header.labels ?? {},
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
