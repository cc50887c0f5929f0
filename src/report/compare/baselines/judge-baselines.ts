import type { AnchorFigures, ComparisonSettings, GateResult } from '../comparison.js';
import { judgeGates, methodFor, type JudgeContext } from '../gates/judge-gates.js';
import type { LoadedRun, Sides } from '../seconds/loaded-run.js';

/** The baselines of a comparison by what they are for, each in the order of their start. */
interface AnchoredRuns {
  readonly anchor: readonly LoadedRun[];
  /** All of them, which tell how runs differ by luck. */
  readonly all: readonly LoadedRun[];
  readonly next: readonly LoadedRun[];
}

/**
 * Judges the gates against the anchor as well, the first runs of a baseline: a change of 2 % with
 * each commit is within every budget against runs that creep along, and not against these. Only
 * what is worse beyond the budget there changes a verdict.
 */
export function withAnchor(
  results: readonly GateResult[],
  { anchor, all, next }: AnchoredRuns,
  settings: ComparisonSettings,
  context: JudgeContext,
): readonly GateResult[] {
  if (anchor.length === 0) return results;
  const sides: Sides = { base: anchor, next, neighbours: all };
  const gates = results.map(({ gate }) => gate);
  const judged = judgeGates(sides, gates, { ...settings, method: methodFor(sides) }, context);
  return results.map((result, at) => withAnchorOf(result, judged[at], anchor.length));
}

function withAnchorOf(result: GateResult, anchored: GateResult | undefined, runs: number): GateResult {
  const anchor = anchored === undefined ? undefined : figuresOf(anchored, runs);
  if (anchor === undefined) return result;
  const isOpen = result.verdict !== 'invalid' && result.verdict !== 'unjudged' && result.verdict !== 'regression';
  if (anchored?.verdict !== 'regression' || !isOpen) return { ...result, anchor };
  const percent = Math.abs(anchor.change * 100).toFixed(0);
  const way = result.gate.worse === 'up' ? 'more' : 'less';
  const reasons = [`it has crept: ${percent}% ${way} than the anchor, the first ${runs} baselines`];
  return { ...result, verdict: 'regression', reasons, anchor };
}

function figuresOf({ base, change, interval }: GateResult, runs: number): AnchorFigures | undefined {
  if (base.value === null || change === null || interval === null) return undefined;
  return { value: base.value, runs, change, interval };
}

/**
 * With several outliers nobody knows which baselines are the truth: a regression that is none with
 * all of them is not claimed.
 */
export function withOutliers(
  results: readonly GateResult[],
  withAll: readonly GateResult[],
  outliers: number,
): readonly GateResult[] {
  return results.map((result, at) => {
    const other = withAll[at];
    if (result.verdict !== 'regression' || other === undefined || other.verdict === 'regression') return result;
    const reasons = [`with the ${outliers} outlying baselines it would be ${other.verdict}`];
    return { ...result, verdict: 'inconclusive', reasons };
  });
}
