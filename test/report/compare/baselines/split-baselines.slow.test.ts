import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../src/core/seeded-random.js';
import { outlying } from '../../../../src/report/compare/baselines/split-baselines.js';
import { compareSpecs, timesAround, type RunSpec } from '../../../support/loaded-run.js';

const P50 = ['ws_rtt p(50) < +10%'];
const run = (medianMs: number, path?: string): RunSpec => ({
  times: timesAround(medianMs, 200),
  counters: { ws_msgs_received: () => 200 },
  ...(path !== undefined && { path }),
});
const baselines = (medians: readonly number[]) => medians.map((median, at) => run(median, `b${at}.run`));
const AS_BASELINE = { isBaseline: true, anchor: 5 };

describe('an outlier among the baselines', () => {
  it('is left out and named, so that it hides no regression', () => {
    const base = baselines([10, 10.1, 40, 9.9, 10.05]);
    expect(compareSpecs(base, [run(14)], P50).verdict).toBe('inconclusive');
    const compared = compareSpecs(base, [run(14)], P50, AS_BASELINE);
    expect(compared.verdict).toBe('regression');
    expect(compared.leftOut).toEqual([
      { path: 'b2.run', reason: 'it is an outlier: ws_rtt p(50) is 298% above the median of the baselines' },
    ]);
    expect(compared.base.map(({ path }) => path)).toEqual(['b0.run', 'b1.run', 'b3.run', 'b4.run']);
  });

  it('is said in the first line where there are two, and a regression only without them is not claimed', () => {
    const base = baselines([10, 10.1, 9.95, 9.9, 10.05, 14, 14.1]);
    const { verdict, because, leftOut } = compareSpecs(base, [run(14)], P50, AS_BASELINE);
    expect(leftOut.map(({ path }) => path)).toEqual(['b5.run', 'b6.run']);
    expect(because).toMatch(/; 2 of 7 baselines are outliers and were left out$/);
    expect(verdict).toBe('inconclusive');
  });

  it('is seldom seen where runs differ by luck alone', () => {
    const draws = new SeededRandom(3);
    const normal = (): number => Array.from({ length: 12 }, () => draws.below(1e6) / 1e6).reduce((a, b) => a + b, -6);
    for (const count of [3, 4, 5, 6, 8, 10, 20, 50]) {
      for (const spread of [0.01, 0.05, 0.15]) {
        const sets = Array.from({ length: 400 }, () => Array.from({ length: count }, () => spread * normal()));
        const found = sets.filter((values) => outlying(values).length > 0).length;
        expect(found / 400, `${count} runs, spread ${spread}`).toBeLessThanOrEqual(0.05);
      }
    }
  });
});

describe('baselines whose newest runs are at a new level', () => {
  const before = Array.from({ length: 20 }, (_, at) => 10 * (1 + 0.01 * Math.sin(at * 2.4)));

  it('are what a new run is compared with: a gain that is lost again is a regression', () => {
    const base = baselines([...before, 7, 7.05, 6.95, 7.02, 6.98]);
    const { verdict, leftOut, base: used, warnings } = compareSpecs(base, [run(9.6)], P50, AS_BASELINE);
    expect(verdict).toBe('regression');
    expect(leftOut).toEqual([]);
    expect(used.map(({ path }) => path)).toEqual(['b20.run', 'b21.run', 'b22.run', 'b23.run', 'b24.run']);
    expect(warnings).toContain(
      'the newest 5 baselines are at a new level, and the new run is compared with these alone: ws_rtt p(50) is 30% below the median of the baselines',
    );
  });

  it('do not hide from the anchor that the level rose', () => {
    const base = baselines([...before, 14, 14.1, 13.9]);
    const { verdict, gates } = compareSpecs(base, [run(14)], P50, AS_BASELINE);
    expect(verdict).toBe('regression');
    expect(gates[0]?.change).toBeCloseTo(0, 1);
    expect(gates[0]?.reasons[0]).toMatch(/^gradual change: 4\d% more than the anchor/);
  });
});

describe('a gradual change', () => {
  it('is found by commit 15 of 30 where it is 2 % a commit, and runs differ by 2.5 % besides', () => {
    const draws = new SeededRandom(5);
    const normal = (): number => Array.from({ length: 12 }, () => draws.below(1e6) / 1e6).reduce((a, b) => a + b, -6);
    const found = Array.from({ length: 40 }, () => {
      const medians = Array.from({ length: 15 }, (_, at) => 10 * 1.02 ** at * Math.exp(0.025 * normal()));
      return compareSpecs(baselines(medians.slice(0, 14)), [run(medians[14] ?? 0)], P50, AS_BASELINE).verdict;
    }).filter((verdict) => verdict === 'regression');
    expect(found.length).toBeGreaterThanOrEqual(38);
  });

  it('is found in several new runs, too', () => {
    const medians = Array.from({ length: 15 }, (_, at) => 10 * 1.02 ** at);
    for (const count of [2, 3, 5]) {
      const next = Array.from({ length: count }, (_, at) => run(10 * 1.02 ** 15 * (1 + at / 1000), `n${at}.run`));
      const { verdict, gates } = compareSpecs(baselines(medians), next, P50, AS_BASELINE);
      expect([count, verdict, gates[0]?.anchor?.runs]).toEqual([count, 'regression', 5]);
    }
  });

  it('is a regression against the anchor, though every baseline is near the one before', () => {
    const medians = Array.from({ length: 15 }, (_, at) => 10 * 1.02 ** at);
    const next = run(10 * 1.02 ** 15);
    expect(compareSpecs(baselines(medians), [next], P50, { ...AS_BASELINE, anchor: 0 }).verdict).not.toBe('regression');
    const { verdict, gates } = compareSpecs(baselines(medians), [next], P50, AS_BASELINE);
    expect(verdict).toBe('regression');
    expect(gates[0]?.reasons).toEqual(['gradual change: 29% more than the anchor, the first 5 baselines']);
    expect(gates[0]?.anchor).toMatchObject({ runs: 5, change: expect.closeTo(0.29, 1) });
  });

  it('is none where the level is the same', () => {
    const medians = Array.from({ length: 15 }, (_, at) => 10 * (1 + 0.01 * Math.sin(at * 2.4)));
    expect(compareSpecs(baselines(medians), [run(10.1)], P50, AS_BASELINE).verdict).toBe('within budget');
  });
});
