import type { EvidenceOptions } from '../evidence/evidence.js';
import { hochberg } from '../evidence/statistics.js';
import type { ComparisonSettings, Gate, GateResult } from './comparison.js';
import { figureOf, unitOf } from './figure.js';
import { judgeGate } from './judge-gate.js';
import { judgeService, withService, withStrain, type Strain } from './judge-service.js';
import type { LoadedRun } from './loaded-run.js';

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
  readonly strain: Strain;
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
  const result = judgeGate({ gate, unit, base, next }, options, blocking);
  return blocking.length > 0 ? result : withService(result, judgeService(gate, sides, options));
}

function withStalls(result: GateResult, { hasNewStalls }: JudgeContext): GateResult {
  if (result.verdict !== 'within budget' || result.interval === null || !hasNewStalls) return result;
  return { ...result, verdict: 'inconclusive', reasons: ['the new side stalled, which no quantile shows'] };
}

/** A regression has to be one among all gates. */
function adjust(results: readonly GateResult[]): readonly GateResult[] {
  const tested = results.filter(({ pValue }) => pValue !== undefined);
  const adjusted = hochberg(tested.map(({ pValue = 1 }) => pValue));
  return results.map((result) => {
    const place = tested.indexOf(result);
    if (result.verdict !== 'regression' || place < 0 || (adjusted[place] ?? 0) <= ALPHA) return result;
    const reasons = ['among so many gates one beyond its budget may be chance'];
    return { ...result, verdict: 'inconclusive', reasons };
  });
}
