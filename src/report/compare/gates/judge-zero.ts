import type { Gate, GateResult } from '../comparison.js';
import { verdictOf, type Evidence } from '../evidence/evidence.js';

/**
 * Counts that every working load has. 0 means that nothing happened, which is not an improvement.
 */
const VOLUMES = /^(ws_msgs_(sent|received)|ws_sessions|iterations|http_reqs|data_(sent|received)|vus)(\{|$)/;
/** Times are recorded in steps of 100 ns; a difference of a few steps does not count. */
const RESOLUTION_MS = 0.001;

type Said = Pick<GateResult, 'verdict' | 'reasons'>;

/**
 * Judges a gate of which a side is 0, so that there is no ratio. A change for the worse from or to
 * 0 is a regression if chance does not explain it, and unjudged otherwise. Neither passes.
 */
export function judgeZero(
  shown: Pick<GateResult, 'gate' | 'unit' | 'base' | 'next'>,
  exact: Evidence | undefined,
): Said {
  const { gate, base, next } = shown;
  const [before, after] = [base.value ?? 0, next.value ?? 0];
  const isGood = gate.worse === 'up' && !VOLUMES.test(gate.series);
  if (before === 0 && after === 0) {
    return isGood
      ? { verdict: 'within budget', reasons: ['both sides are 0'] }
      : { verdict: 'unjudged', reasons: ['both sides are 0: nothing happened that could be compared'] };
  }
  if (shown.unit === 'ms') return judgeTimes(gate, before, after);
  return before === 0 ? judgeRise(gate, after, exact) : judgeFall(gate, isGood, exact);
}

function judgeTimes({ worse }: Gate, before: number, after: number): Said {
  if (Math.abs(after - before) <= RESOLUTION_MS)
    return { verdict: 'within budget', reasons: ['the difference is below the resolution of recorded times'] };
  const isWorse = worse === 'up' ? after > before : after < before;
  return { verdict: isWorse ? 'regression' : 'improvement', reasons: ['one side is 0, so there is no ratio'] };
}

function judgeRise(gate: Gate, after: number, exact: Evidence | undefined): Said {
  if (gate.worse === 'down')
    return { verdict: 'unjudged', reasons: ['the base is 0, so there is nothing to compare with'] };
  if (exact === undefined || verdictOf(gate, exact) === 'regression')
    return { verdict: 'regression', reasons: ['the base is 0'] };
  return { verdict: 'unjudged', reasons: [`the base is 0, and ${plain(after)} may be due to chance`] };
}

function judgeFall(gate: Gate, isGood: boolean, exact: Evidence | undefined): Said {
  if (gate.worse === 'up') {
    if (!isGood) return { verdict: 'unjudged', reasons: ['nothing was counted in the new run'] };
    const isSure = exact === undefined || verdictOf(gate, exact) === 'improvement';
    return { verdict: isSure ? 'improvement' : 'within budget', reasons: ['the new side is 0'] };
  }
  if (exact === undefined || verdictOf(gate, exact) === 'regression')
    return { verdict: 'regression', reasons: ['the new side is 0'] };
  return {
    verdict: 'unjudged',
    reasons: ['the new side is 0, and the base is small enough for this to be due to chance'],
  };
}

function plain(value: number): string {
  return String(Number(value.toPrecision(3)));
}
