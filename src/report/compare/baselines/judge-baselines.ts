import type { AnchorFigures, ComparisonSettings, GateResult } from '../comparison.js';
import { judgeGates, methodFor, type JudgeContext } from '../gates/judge-gates.js';
import type { LoadedRun, Sides } from '../seconds/loaded-run.js';

/** Baselines by purpose, each ordered by start time. */
interface AnchoredRuns {
  readonly anchor: readonly LoadedRun[];
  /** All baselines, from which the variance between runs is estimated. */
  readonly all: readonly LoadedRun[];
  readonly next: readonly LoadedRun[];
}

/**
 * Judges the gates against the anchor as well, which is the first runs of a baseline. A change of 2
 * % per commit stays within every budget when the baselines move along with it, but not against the
 * anchor. Only a regression against the anchor changes a verdict.
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
  const reasons = [`gradual change: ${percent}% ${way} than the anchor, the first ${runs} baselines`];
  return { ...result, verdict: 'regression', reasons, anchor };
}

function figuresOf({ base, change, interval }: GateResult, runs: number): AnchorFigures | undefined {
  if (base.value === null || change === null || interval === null) return undefined;
  return { value: base.value, runs, change, interval };
}

/**
 * With several outliers it is unclear which baselines are representative. A regression is therefore
 * reported only if it is one with the outliers included, too.
 */
export function withOutliers(
  results: readonly GateResult[],
  withAll: readonly GateResult[],
  outliers: number,
): readonly GateResult[] {
  return results.map((result, at) => {
    const other = withAll[at];
    if (result.verdict !== 'regression' || other === undefined || other.verdict === 'regression') return result;
    const reasons = [`with the ${outliers} outliers included it would be ${other.verdict}`];
    return { ...result, verdict: 'inconclusive', reasons };
  });
}
