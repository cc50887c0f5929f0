import { Violations } from '../../support/violations.mjs';
import { checkCounts } from './counts.mjs';
import { checkEvents } from './events.mjs';
import { checkOrder } from './order.mjs';
import { checkTimes } from './times.mjs';

/**
 * Judges a run against a cluster from outside: what posters were answered, what clients got, and
 * which events the broker of the sinks has. The rules stand in counts.mjs, times.mjs, order.mjs and
 * events.mjs; judge.d.mts has the form of a run.
 *
 * Gives `{counts, violations}`; a run is good when there is no violation.
 */
export function judge(run) {
  const violations = new Violations();
  const counts = {
    calls: run.calls.length,
    ...checkCounts(run, violations),
    ...checkTimes(run, violations),
    ...checkOrder(run, violations),
    ...checkEvents(run, violations),
  };
  return { counts, violations: violations.list() };
}
