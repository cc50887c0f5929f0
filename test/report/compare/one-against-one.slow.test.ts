import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/report/compare/comparison.js';
import { compareSpecs, timesAround, type RunSpec } from '../../support/loaded-run.js';

const run = (medianMs: number, counters: RunSpec['counters'] = {}): RunSpec => ({
  seconds: 60,
  times: timesAround(medianMs),
  counters: { ws_msgs_received: () => 400, ...counters },
});
const spread = (total: number) => (second: number) =>
  Math.floor(((second + 1) * total) / 60) - Math.floor((second * total) / 60);

describe('a gate on the maximum of one run', () => {
  const MAX = ['ws_rtt max < +10%'];
  const outlier = (medianMs: number, longestMs: number): RunSpec => ({
    ...run(medianMs),
    times: (second) => [...timesAround(medianMs)(second), ...(second === 30 ? [longestMs] : [])],
  });

  it('has an interval that one sample cannot cross, and finds tails that are longer in all seconds', () => {
    const same = compareSpecs([outlier(10, 250)], [outlier(10, 400)], MAX).gates[0];
    expect(same).toMatchObject({
      verdict: 'inconclusive',
      warnings: [expect.stringContaining('a maximum is a single sample')],
    });
    expect(same?.interval?.low).toBeLessThan(0.1);
    expect(compareSpecs([run(10)], [run(30)], MAX).verdict).toBe('regression');
    expect(compareSpecs([run(30)], [run(10)], MAX).verdict).toBe('improvement');
  });

  it('still has a bound', () => {
    expect(compareSpecs([run(10)], [run(10)], ['ws_rtt max < 10s']).verdict).toBe('within budget');
  });
});

describe('a gate on a count of one run', () => {
  const of = (before: number, after: number): Verdict | undefined =>
    compareSpecs([run(10, { errors: spread(before) })], [run(10, { errors: spread(after) })], ['errors count < +10%'])
      .gates[0]?.verdict;

  it.each<readonly [number, number, Verdict]>([
    [3, 5, 'inconclusive'],
    [3, 40, 'regression'],
    [40, 3, 'improvement'],
    [20_000, 20_000, 'within budget'],
    [20_000, 30_000, 'regression'],
  ])('says of %d and %d what chance allows', (before, after, verdict) => {
    expect(of(before, after)).toBe(verdict);
  });

  it('compares counts and not rates where runs differ in length', () => {
    const long = { ...run(10, { errors: () => 100 }), seconds: 120 };
    const { gates } = compareSpecs(
      [run(10, { errors: () => 100 })],
      [long],
      ['errors count < +10%', 'errors rate < +10%'],
    );
    expect(gates.map(({ verdict, unit }) => [verdict, unit])).toEqual([
      ['regression', ''],
      ['within budget', 'per second'],
    ]);
    expect(gates[0]?.change).toBeCloseTo(1, 2);
  });
});

describe('a gate on a share of one run', () => {
  const of = (before: number, after: number, all = 200): Verdict | undefined => {
    const checks = (fails: number): RunSpec => ({
      ...run(10),
      rates: { checks: (second) => (second === 5 ? [all - fails, fails] : [0, 0]) },
    });
    return compareSpecs([checks(before)], [checks(after)], ['checks rate > -1%']).gates[0]?.verdict;
  };

  it.each<readonly [number, number, number, Verdict]>([
    [0, 3, 200, 'inconclusive'],
    [0, 0, 100, 'inconclusive'],
    [0, 0, 10_000, 'within budget'],
    [0, 40, 200, 'regression'],
    [40, 0, 200, 'improvement'],
  ])('says of %d and %d that fail of %d what chance allows', (before, after, all, verdict) => {
    expect(of(before, after, all)).toBe(verdict);
  });
});

describe('two runs a side', () => {
  it('are averaged: neither is chosen', () => {
    const { gates, settings } = compareSpecs([run(10), run(10)], [run(10), run(16)], ['ws_rtt p(50) < +10%']);
    expect(settings.method).toBe('one-against-one');
    expect(gates[0]?.change).toBeCloseTo(Math.sqrt(1.6) - 1, 2);
    expect(gates[0]?.verdict).not.toBe('within budget');
    expect(compareSpecs([run(10), run(10)], [run(15), run(16)], ['ws_rtt p(50) < +10%']).verdict).toBe('regression');
  });
});

describe('what is inconclusive', () => {
  it('says what can be ruled out, and what would have been found', () => {
    const noisy = (medianMs: number): RunSpec => ({
      ...run(medianMs),
      times: (second) => timesAround(medianMs * (1 + 0.3 * Math.sin(second * 1.7)))(second),
    });
    const { because, gates } = compareSpecs([noisy(10)], [noisy(10.8)], ['ws_rtt p(50) < +10%']);
    expect(because).toMatch(
      /^1 of 1 gates: ws_rtt p\(50\) < \+10%: at most 1\d% slower \(90%\); a slowdown of [23]\d% would have been found$/,
    );
    expect(gates[0]?.smallestFound).toBeGreaterThan(gates[0]?.gate.budget ?? 1);
    const fewer = compareSpecs(
      [run(10, { joined: spread(100) })],
      [run(10, { joined: spread(95) })],
      ['joined rate > -10%'],
    );
    expect(fewer.because).toMatch(/at most [23]\d% less \(90%\); a decrease of \d\d% would have been found$/);
  });

  it('reports a drift instead of autocorrelation', () => {
    const drifting: RunSpec = { ...run(10), times: (second) => timesAround(10 * (1 + second / 60))(second) };
    const [gate] = compareSpecs([run(10)], [drifting], ['ws_rtt p(50) < +10%']).gates;
    expect(gate?.warnings).toEqual([expect.stringMatching(/^drift: it rises throughout the new run, by \d\d %/)]);
  });
});

it('a floor that lets a change pass is named', () => {
  const [gate] = compareSpecs([run(10)], [run(13)], ['ws_rtt p(50) < +10% floor 5ms']).gates;
  expect(gate).toMatchObject({
    verdict: 'within budget',
    reasons: ["the difference of 3 ms is within the gate's floor of 5 ms"],
  });
});
