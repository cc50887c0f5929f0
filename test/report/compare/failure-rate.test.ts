import { describe, expect, it } from 'vitest';
import { compareLoaded } from '../../../src/report/compare/compare-runs.js';
import type { Comparison } from '../../../src/report/compare/comparison.js';
import type { LoadedRun } from '../../../src/report/compare/seconds/loaded-run.js';
import { readGates } from '../../../src/report/compare/gates/read-gates.js';
import { SecondColumns } from '../../../src/report/compare/seconds/second-columns.js';
import { snapshotRun } from '../../support/sample-run.js';

let identities = 0;

interface Outcome {
  readonly lost?: number;
  readonly failedChecks?: number;
}

/** A run of a thousand messages and a thousand checks. */
function runWith({ lost = 0, failedChecks = 0 }: Outcome): LoadedRun {
  const whole = snapshotRun();
  const totals = {
    ...whole.end.totals,
    counters: { ws_msgs_sent: 1000, ws_msgs_received: 1000, ws_msgs_lost: lost },
    rates: { checks: { passes: 1000 - failedChecks, fails: failedChecks } },
  };
  return {
    path: 'a.run',
    identity: String((identities += 1)),
    run: { ...whole, end: { ...whole.end, totals } },
    seconds: SecondColumns.of(whole.seconds),
    counts: new Map(),
    service: new Map(),
    from: 0,
    to: 1,
  };
}

function compare(base: Outcome, next: Outcome): Comparison {
  const gates = readGates(['ws_msgs_received rate > 1'], 'flag');
  const settings = { budget: 0.1, noise: 0.05, warmupMs: 0, allowed: [] };
  return compareLoaded({ base: [runWith(base)], next: [runWith(next)] }, gates, settings).comparison;
}

describe('what fails', () => {
  it.each([
    ['more than before', [{ lost: 0 }, { lost: 100 }], 'regression', /lost messages: 10% instead of 0%/],
    ['most of all, and more than before', [{ lost: 600 }, { lost: 900 }], 'regression', /90% instead of 60%/],
    ['most of all on both sides', [{ lost: 900 }, { lost: 900 }], 'invalid', /lost messages: 90% before and 90% now/],
    ['less than before', [{ lost: 900 }, { lost: 0 }], 'within budget', /within its budget/],
    ['a little on both sides', [{ lost: 20 }, { lost: 20 }], 'within budget', /within its budget/],
    ['by a few more, which is chance', [{ failedChecks: 20 }, { failedChecks: 22 }], 'within budget', /within its/],
  ] as const)('decides the whole: %s', (_, [base, next], verdict, because) => {
    const comparison = compare(base, next);
    expect(comparison.verdict).toBe(verdict);
    expect(comparison.because).toMatch(because);
  });

  it('is warned of where it fails on both sides and yet has times', () => {
    const { verdict, warnings } = compare({ failedChecks: 700 }, { failedChecks: 700 });
    expect(verdict).toBe('within budget');
    expect(warnings[0]).toBe('failed checks: 70% before and 70% now: the latencies include those of failures');
    expect(compare({ failedChecks: 700 }, { failedChecks: 300 }).warnings.join(' ')).not.toMatch(/failed checks/);
  });
});
