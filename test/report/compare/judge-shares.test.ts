import { describe, expect, it } from 'vitest';
import { compareLoaded } from '../../../src/report/compare/compare-runs.js';
import type { GateResult } from '../../../src/report/compare/comparison.js';
import type { LoadedRun } from '../../../src/report/compare/seconds/loaded-run.js';
import { readGates } from '../../../src/report/compare/gates/read-gates.js';
import { SecondColumns } from '../../../src/report/compare/seconds/second-columns.js';
import { sampleSecond, snapshotRun } from '../../support/sample-run.js';

let identities = 0;

const SECONDS = 30;
const GATES = readGates(['checks rate > -1%'], 'flag');

/** A run of 3,000 checks of which these fail. */
function runWith(fails: number): LoadedRun {
  const run = snapshotRun();
  const seconds = Array.from({ length: SECONDS }, (_, second) => {
    const failed = second < fails % SECONDS ? Math.ceil(fails / SECONDS) : Math.floor(fails / SECONDS);
    return { ...sampleSecond(second, 5), rates: { checks: { passes: 100 - failed, fails: failed } } };
  });
  const totals = { ...run.end.totals, rates: { checks: { passes: 3000 - fails, fails } } };
  return {
    path: 'a.run',
    identity: String((identities += 1)),
    run: { ...run, end: { ...run.end, totals } },
    seconds: SecondColumns.of(seconds),
    counts: new Map(),
    service: new Map(),
    from: 0,
    to: SECONDS,
  };
}

function judge(base: readonly number[], next: readonly number[]): GateResult | undefined {
  const sides = { base: base.map(runWith), next: next.map(runWith) };
  const settings = { budget: 0.1, noise: 0.05, warmupMs: 0, allowed: [] };
  return compareLoaded(sides, GATES, settings).comparison.gates[0];
}

describe('a gate on a share of checks', () => {
  it.each([
    ['one against one', [0], [0], 'within budget'],
    ['one against three', [0, 0, 0], [0], 'within budget'],
    ['one of a few failures against three without', [0, 0, 0], [3], 'within budget'],
    ['four against four', [0, 0, 0, 0], [0, 0, 0, 0], 'within budget'],
    ['one against three that fail a little', [30, 31, 30], [31], 'within budget'],
    // Their agreement is luck: a hundredth of 3,000 is 30 with a standard deviation of 5.
    ['one of some more against three that agree', [30, 30, 30], [70], 'inconclusive'],
    ['one of far more', [0, 0, 0], [90], 'regression'],
  ])('says of %s', (...row) => {
    const [, base, next, verdict] = row;
    expect(judge(base, next)?.verdict).toBe(verdict);
  });
});
