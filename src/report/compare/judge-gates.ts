import type { ComparisonSettings, Gate, GateResult, GateSide, Verdict } from './comparison.js';
import { driftOf } from './find-drift.js';
import { figureOf, unitOf, type Figure } from './figure.js';
import {
  asInterval,
  distanceToBudget,
  evidenceOf,
  sideValue,
  standIn,
  verdictOf,
  wantedSamples,
  type Evidence,
  type EvidenceOptions,
} from './judge-gate.js';
import type { LoadedRun } from './loaded-run.js';
import { hochberg } from './statistics.js';

/** An adjusted p-value below it is no chance. */
const ALPHA = 0.05;

/** The runs of both sides. */
export interface Sides {
  readonly base: readonly LoadedRun[];
  readonly next: readonly LoadedRun[];
}

/** What holds for all gates. */
export interface JudgeContext {
  /** What makes every gate invalid, in words. */
  readonly blocking: readonly string[];
  readonly hasNewStalls: boolean;
}

/** Judges every gate on the runs of both sides. */
export function judgeGates(
  sides: Sides,
  gates: readonly Gate[],
  settings: ComparisonSettings,
  context: JudgeContext,
): readonly GateResult[] {
  const count = Math.max(1, gates.filter(({ budget }) => budget !== undefined).length);
  const results = gates.map((gate) => {
    const base = sides.base.map((run) => figureOf(gate, run));
    const next = sides.next.map((run) => figureOf(gate, run));
    const options = { method: settings.method, noise: settings.noise, gates: count, seed: settings.seed };
    const [first] = sides.base;
    const unit = first === undefined ? '' : unitOf(gate, first);
    return judge({ gate, unit, base, next, options, context });
  });
  return settings.method === 'one-against-one' ? results : adjust(results);
}

interface JudgeParts {
  readonly gate: Gate;
  readonly unit: GateResult['unit'];
  readonly base: readonly Figure[];
  readonly next: readonly Figure[];
  readonly options: EvidenceOptions;
  readonly context: JudgeContext;
}

function judge({ gate, unit, base, next, options, context }: JudgeParts): GateResult {
  const sides = { gate, unit, base: sideOf(base, options), next: sideOf(next, options) };
  const problems = [...context.blocking, ...problemsOf(gate, base, next)];
  const change = changeOf(sides.base.value, sides.next.value);
  const shown = { ...sides, change, interval: null, warnings: [] };
  if (problems.length > 0) return { ...shown, verdict: 'invalid', reasons: problems };
  if (gate.limit !== undefined) return judgeLimit(shown, gate.limit);
  const evidence = evidenceOf(gate, base, next, { ...options, isShare: unit === 'ratio' });
  if (evidence === undefined) return judgeWithout(shown);
  const drifts = [...driftsOf('base', base), ...driftsOf('new', next)];
  return judgeEvidence(shown, { ...evidence, warnings: [...evidence.warnings, ...drifts] }, context);
}

/** Runs that were not at rest while they were looked at. */
function driftsOf(side: 'base' | 'new', figures: readonly Figure[]): readonly string[] {
  const drifts = figures.flatMap(({ resampled }) => (resampled && driftOf(resampled)) ?? []);
  const [first] = drifts;
  if (first === undefined) return [];
  const where = figures.length === 1 ? `the ${side} run` : `${drifts.length} of ${figures.length} ${side} runs`;
  const way = first > 0 ? 'rises' : 'falls';
  const percent = (Math.abs(first) * 100).toFixed(0);
  return [`it ${way} all through ${where}, by ${percent} %: --warmup leaves a beginning out, longer runs come to rest`];
}

function judgeEvidence(
  shown: GateResult | Omit<GateResult, 'verdict' | 'reasons'>,
  evidence: Evidence,
  context: JudgeContext,
): GateResult {
  const { gate, base, next } = shown;
  const difference = (next.value ?? 0) - (base.value ?? 0);
  const said = verdictOf(gate, evidence, difference);
  const isDoubtful = said === 'within budget' && context.hasNewStalls;
  const verdict = isDoubtful ? 'inconclusive' : said;
  const reasons = isDoubtful ? ['the new side stalled, which no quantile shows'] : reasonsOf(verdict);
  const result = {
    ...shown,
    verdict,
    reasons,
    change: Math.expm1(evidence.effect),
    interval: asInterval(evidence.shown),
    pValue: evidence.pValue,
    warnings: evidence.warnings,
  };
  return verdict === 'inconclusive' && !isDoubtful
    ? { ...result, more: evidence.more(distanceToBudget(gate, evidence)) }
    : result;
}

function reasonsOf(verdict: Verdict): readonly string[] {
  return verdict === 'inconclusive' ? ['the interval reaches across the budget'] : [];
}

/** A regression has to be one among all gates. */
function adjust(results: readonly GateResult[]): readonly GateResult[] {
  const tested = results.filter(({ pValue }) => pValue !== undefined);
  const adjusted = hochberg(tested.map(({ pValue = 1 }) => pValue));
  return results.map((result) => {
    const place = tested.indexOf(result);
    if (result.verdict !== 'regression' || place < 0 || (adjusted[place] ?? 0) <= ALPHA) return result;
    return {
      ...result,
      verdict: 'inconclusive',
      reasons: ['among so many gates one beyond its budget may be chance'],
      more: { runs: result.base.runs + 2 },
    };
  });
}

function problemsOf(gate: Gate, base: readonly Figure[], next: readonly Figure[]): readonly string[] {
  const problem = [...base, ...next].find((figure) => figure.problem !== undefined)?.problem;
  if (problem !== undefined) return [problem];
  const wanted = wantedSamples(gate);
  const fewest = Math.min(...[...base, ...next].map(({ samples }) => samples));
  if (fewest === 0 && gate.aggregate.type === 'quantile') return ['a run has no sample of it'];
  return fewest < wanted ? [`a run has ${fewest} samples of it, and this percentile wants ${wanted}`] : [];
}

function judgeLimit(
  shown: Omit<GateResult, 'verdict' | 'reasons'>,
  { operator, value }: NonNullable<Gate['limit']>,
): GateResult {
  const { value: is } = shown.next;
  if (is === null) return { ...shown, verdict: 'invalid', reasons: ['nothing was recorded'] };
  const holds = { '<': is < value, '<=': is <= value, '>': is > value, '>=': is >= value }[operator];
  return { ...shown, verdict: holds ? 'within budget' : 'regression', reasons: holds ? [] : ['the bound is crossed'] };
}

/** Where no ratio can be made: nothing stays nothing. */
function judgeWithout(shown: Omit<GateResult, 'verdict' | 'reasons'>): GateResult {
  const { base, next, gate } = shown;
  if (base.value === null || next.value === null)
    return { ...shown, verdict: 'invalid', reasons: ['a side has recorded nothing'] };
  if (base.value === next.value) return { ...shown, verdict: 'within budget', reasons: [] };
  const isWorse = gate.worse === 'up' ? next.value > base.value : next.value < base.value;
  return {
    ...shown,
    verdict: isWorse ? 'regression' : 'improvement',
    reasons: ['one side is 0, so there is no ratio'],
  };
}

function sideOf(figures: readonly Figure[], { method }: EvidenceOptions): GateSide {
  const standing = method === 'one-against-one' ? figures.slice(standIn(figures), standIn(figures) + 1) : figures;
  return {
    value: sideValue(standing),
    runs: figures.length,
    seconds: figures.reduce((sum, { seconds }) => sum + seconds, 0),
    samples: figures.reduce((sum, { samples }) => sum + samples, 0),
  };
}

/** Relative, new against base; null when there is none. */
export function changeOf(base: number | null, next: number | null): number | null {
  return base === null || next === null || base === 0 ? null : next / base - 1;
}
