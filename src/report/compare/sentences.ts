import type { GateResult } from './comparison.js';

/**
 * What one comparison can say of a gate that it cannot decide: "at most 12% slower (90%); a
 * slowdown of 18% would have been found". '' where nothing is known.
 */
export function oneSided({ gate, unit, atMost, smallestFound }: GateResult): string {
  if (atMost === undefined || smallestFound === undefined) return '';
  const isTime = unit === 'ms';
  const worse = isTime ? 'slower' : gate.worse === 'up' ? 'more' : 'less';
  const better = isTime ? 'faster' : gate.worse === 'up' ? 'less' : 'more';
  const bound =
    atMost >= 0
      ? `at most ${percentOf(gate.worse, atMost)} ${worse}`
      : `at least ${percentOf(gate.worse, atMost)} ${better}`;
  const found = isTime ? 'a slowdown' : `a change to ${worse}`;
  return `${bound} (90%); ${found} of ${percentOf(gate.worse, smallestFound)} would have been found`;
}

/**
 * Changes for the worse are logarithms turned into ratios that are positive for the worse: of what
 * has to be high, 1/1.25 is 20 % less.
 */
function percentOf(worse: GateResult['gate']['worse'], ratio: number): string {
  const change = worse === 'up' ? ratio : 1 - 1 / (1 + ratio);
  const percent = Math.abs(change) * 100;
  return percent >= 1000 ? 'more than 1000%' : `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)}%`;
}
