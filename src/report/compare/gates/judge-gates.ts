import type { EvidenceOptions } from '../evidence/evidence.js';
import { hochberg } from '../evidence/statistics.js';
import type { ComparisonMethod, ComparisonSettings, Gate, GateResult } from '../comparison.js';
import { figureOf, serviceOf, unitOf, type Figure } from '../seconds/figure.js';
import { judgeGate } from './judge-gate.js';
import { judgeService, withService, withStrain, type Strain } from './judge-service.js';
import type { LoadedRun, Sides } from '../seconds/loaded-run.js';

/** Significance level of the adjusted p-values. */
const ALPHA = 0.05;

/** Findings that concern all gates. */
export interface JudgeContext {
  /** Reasons why every gate is invalid. */
  readonly blocking: readonly string[];
  readonly hasNewStalls: boolean;
  readonly strain: Strain;
}

/** Chooses the statistics by the number of runs on each side. */
export function methodFor({ base, next }: Sides): ComparisonMethod {
  if (base.length >= 4 && next.length >= 4) return 'many-against-many';
  return base.length >= 3 && next.length === 1 ? 'one-against-many' : 'one-against-one';
}

/** Judges every gate on the runs of both sides. */
export function judgeGates(
  sides: Sides,
  gates: readonly Gate[],
  settings: ComparisonSettings,
  context: JudgeContext,
): readonly GateResult[] {
  const count = Math.max(1, gates.filter(({ budget }) => budget !== undefined).length);
  const options = { method: settings.method, noise: settings.noise, gates: count, seed: settings.seed };
  const results = gates.map((gate) => judge(gate, sides, options, context));
  const adjusted = settings.method === 'one-against-one' ? results : adjust(results);
  return adjusted.map((result) => withStrain(withStalls(result, context), context.strain));
}

function judge(gate: Gate, sides: Sides, options: EvidenceOptions, { blocking }: JudgeContext): GateResult {
  const [first] = sides.base;
  const unit = first === undefined ? '' : unitOf(gate, first);
  const base = sides.base.map((run) => figureOf(gate, run));
  const next = sides.next.map((run) => figureOf(gate, run));
  const own = withNeighbours(options, sides, (run) => figureOf(gate, run));
  const result = judgeGate({ gate, unit, base, next }, own, blocking);
  if (blocking.length > 0) return result;
  const ofService = withNeighbours(options, sides, (run) => serviceOf(gate, run));
  return withService(result, judgeService(gate, sides, ofService));
}

function withNeighbours(
  options: EvidenceOptions,
  { neighbours = [] }: Sides,
  of: (run: LoadedRun) => Figure | undefined,
): EvidenceOptions {
  const logs = neighbours.map((run) => Math.log(of(run)?.value ?? Number.NaN)).filter(Number.isFinite);
  return { ...options, neighbours: logs };
}

function withStalls(result: GateResult, { hasNewStalls }: JudgeContext): GateResult {
  if (result.verdict !== 'within budget' || result.interval === null || !hasNewStalls) return result;
  return { ...result, verdict: 'inconclusive', reasons: ['the new side stalled, which quantiles do not show'] };
}

/** Withdraws regressions that are not significant among all gates. */
function adjust(results: readonly GateResult[]): readonly GateResult[] {
  const tested = results.filter(({ pValue }) => pValue !== undefined);
  const adjusted = hochberg(tested.map(({ pValue = 1 }) => pValue));
  return results.map((result) => {
    const place = tested.indexOf(result);
    if (result.verdict !== 'regression' || place < 0 || (adjusted[place] ?? 0) <= ALPHA) return result;
    const reasons = [`with ${tested.length} gates, one beyond its budget may be due to chance`];
    return { ...result, verdict: 'inconclusive', reasons };
  });
}
