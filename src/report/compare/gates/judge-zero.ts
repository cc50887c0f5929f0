import type { Gate, GateResult } from '../comparison.js';
import { verdictOf, type Evidence } from '../evidence/evidence.js';

/**
 * What is counted of any load that does its work: none of it means that nothing happened, and not
 * that it happened well.
 */
const VOLUMES = /^(ws_msgs_(sent|received)|ws_sessions|iterations|http_reqs|data_(sent|received)|vus)(\{|$)/;
/** Times are told apart down to 100 ns: a difference of a few of these is none. */
const RESOLUTION_MS = 0.001;

type Said = Pick<GateResult, 'verdict' | 'reasons'>;

/**
 * What is said of a gate where a side has 0, so that there is no ratio. What falls to 0 or rises
 * from it for the worse is a regression where chance does not explain it, and unjudged otherwise:
 * neither passes.
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
      ? { verdict: 'within budget', reasons: ['neither side has any'] }
      : { verdict: 'unjudged', reasons: ['neither side has any: nothing happened that could be compared'] };
  }
  if (shown.unit === 'ms') return judgeTimes(gate, before, after);
  return before === 0 ? judgeRise(gate, after, exact) : judgeFall(gate, isGood, exact);
}

function judgeTimes({ worse }: Gate, before: number, after: number): Said {
  if (Math.abs(after - before) <= RESOLUTION_MS)
    return { verdict: 'within budget', reasons: ['the difference is below what times are told apart by'] };
  const isWorse = worse === 'up' ? after > before : after < before;
  return { verdict: isWorse ? 'regression' : 'improvement', reasons: ['one side is 0, so there is no ratio'] };
}

function judgeRise(gate: Gate, after: number, exact: Evidence | undefined): Said {
  if (gate.worse === 'down')
    return { verdict: 'unjudged', reasons: ['the base has none, so there is nothing to compare with'] };
  if (exact === undefined || verdictOf(gate, exact) === 'regression')
    return { verdict: 'regression', reasons: ['the base has none'] };
  return { verdict: 'unjudged', reasons: [`the base has none, and so few (${plain(after)}) may be chance`] };
}

function judgeFall(gate: Gate, isGood: boolean, exact: Evidence | undefined): Said {
  if (gate.worse === 'up') {
    if (!isGood) return { verdict: 'unjudged', reasons: ['nothing was counted in the new run'] };
    const isSure = exact === undefined || verdictOf(gate, exact) === 'improvement';
    return { verdict: isSure ? 'improvement' : 'within budget', reasons: ['there are none any more'] };
  }
  if (exact === undefined || verdictOf(gate, exact) === 'regression')
    return { verdict: 'regression', reasons: ['nothing is left of it'] };
  return { verdict: 'unjudged', reasons: ['nothing is left of it, and the base has so few that it may be chance'] };
}

function plain(value: number): string {
  return String(Number(value.toPrecision(3)));
}
