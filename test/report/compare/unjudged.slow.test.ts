import { describe, expect, it } from 'vitest';
import { compareLoaded } from '../../../src/report/compare/compare-runs.js';
import type { Verdict } from '../../../src/report/compare/comparison.js';
import { defaultGates } from '../../../src/report/compare/gates/default-gates.js';
import { compareSpecs, loadedRun, timesAround, type RunSpec } from '../../support/loaded-run.js';

const TIMES = { times: timesAround(10), counters: { ws_msgs_received: () => 400 } };
const HOLDS = 'ws_rtt p(50) < +10%';

const counted = (name: string, total: number): RunSpec => ({
  ...TIMES,
  counters: { ...TIMES.counters, [name]: (second) => (second < total % 30 ? 1 : 0) + Math.floor(total / 30) },
});
const shares = (fails: number): RunSpec => ({
  ...TIMES,
  rates: { http_req_failed: (second) => [second < fails ? 1 : 0, second < fails ? 99 : 100] },
});

describe('what is gated and cannot be judged', () => {
  it.each([
    ['a metric that is not there', 'ws_rtt_renamed p(95) < +10%'],
    ['a submetric that was not recorded', 'ws_rtt{scenario:a} p(95) < +10%'],
    ['an aggregate that the metric does not have', 'ws_msgs_received p(95) < +10%'],
    ['a bound on a metric that is not there', 'ws_rtt_renamed p(95) < 200ms'],
  ])('does not hide behind a gate that holds: %s', (_, gate) => {
    const { verdict, gates, because } = compareSpecs([TIMES], [TIMES], [HOLDS, gate]);
    expect(gates.map((result) => result.verdict)).toEqual(['within budget', 'unjudged']);
    expect(verdict).toBe('unjudged');
    expect(because).toContain(`1 of 2 gates: ${gate}`);
  });

  it('does not pass where one side alone has samples of it', () => {
    const empty = { ...TIMES, rates: { checks: () => [0, 0] as const } };
    const full = { ...TIMES, rates: { checks: () => [10, 0] as const } };
    for (const [base, next] of [
      [full, empty],
      [empty, full],
      [empty, empty],
    ] as const) {
      const { verdict, gates } = compareSpecs([base], [next], [HOLDS, 'checks rate > -1%']);
      expect([verdict, gates[1]?.verdict]).toEqual(['unjudged', 'unjudged']);
    }
  });

  it.each<readonly [string, string, readonly [number, number], Verdict]>([
    ['falls to 0', 'ws_msgs_received rate > -10%', [9000, 0], 'regression'],
    ['falls to 0 from a few', 'joined count > -10%', [2, 0], 'unjudged'],
    ['falls to 0 from many', 'joined count > -10%', [500, 0], 'regression'],
    ['is 0 on both sides, and should be high', 'joined count > -10%', [0, 0], 'unjudged'],
    ['is 0 on both sides, and should be low', 'errors count < +10%', [0, 0], 'within budget'],
    ['rises from 0 to many', 'errors count < +10%', [0, 500], 'regression'],
    ['rises from 0 to a few', 'errors count < +10%', [0, 2], 'unjudged'],
    ['falls to 0, and should be low', 'errors count < +10%', [500, 0], 'improvement'],
    ['rises from 0, and should be high', 'joined count > -10%', [0, 500], 'unjudged'],
    ['measures the load, and falls to 0', 'ws_msgs_sent rate < +10%', [9000, 0], 'unjudged'],
  ])('says of a counter that %s', (_, gate, [before, after], verdict) => {
    const name = gate.split(' ')[0] ?? '';
    const [base, next] = [counted(name, before), counted(name, after)];
    expect(compareSpecs([base], [next], [gate]).gates[0]?.verdict).toBe(verdict);
    const bases = [base, base, base, base];
    expect(compareSpecs(bases, [next], [gate]).gates[0]?.verdict).toBe(verdict);
  });

  it('says of a share that rises from 0 what chance allows', () => {
    const gate = ['http_req_failed rate < +10%'];
    const said = [0, 2, 30].map((fails) => compareSpecs([shares(0)], [shares(fails)], gate).gates[0]?.verdict);
    expect(said).toEqual(['within budget', 'unjudged', 'regression']);
  });
});

describe('a bound that bounds nothing', () => {
  it.each([
    ['per cent of a figure that is not a share', 'ws_msgs_received rate > 60%'],
    ['a share of more than all', 'http_req_failed rate < 5'],
  ])('is unjudged: %s', (_, gate) => {
    expect(compareSpecs([shares(0)], [shares(0)], [gate]).verdict).toBe('unjudged');
    expect(compareSpecs([shares(0)], [shares(0)], ['http_req_failed rate < 5%']).verdict).toBe('within budget');
  });
});

describe('a run in which nothing was delivered', () => {
  const silent = { times: () => [], counters: { ws_msgs_received: () => 0 } };
  const byDefault = (base: RunSpec, next: RunSpec) => {
    const sides = { base: [loadedRun(base)], next: [loadedRun(next)] };
    const gates = defaultGates(sides.base[0]?.run.header ?? loadedRun(base).run.header, 0.1);
    return compareLoaded(sides, gates, { budget: 0.1, noise: 0.05, warmupMs: 0, allowed: [] }).comparison;
  };

  it('is a regression beside a base that had messages, whichever gates there are', () => {
    expect(byDefault(TIMES, silent)).toMatchObject({
      verdict: 'regression',
      because: 'more failures than before: nothing was received: ws_msgs_received 0 instead of 12000',
    });
    expect(compareSpecs([TIMES], [silent], ['ws_msgs_received count < 1000000']).verdict).toBe('regression');
  });

  it('is unjudged where the base had none either', () => {
    const snapshot = { ...silent, header: { scenario: 'snapshot' } };
    expect(byDefault(silent, silent).verdict).toBe('unjudged');
    expect(byDefault(snapshot, snapshot).verdict).toBe('unjudged');
    expect(compareSpecs([silent], [silent], ['ws_msgs_received count < 1000000'])).toMatchObject({
      verdict: 'unjudged',
      because: 'nothing was received in the new runs, so there is nothing to judge',
    });
  });
});

describe('default gates', () => {
  const gates = (base: RunSpec, next: RunSpec) => {
    const sides = { base: [loadedRun(base)], next: [loadedRun(next)] };
    const chosen = defaultGates(loadedRun(base).run.header, 0.1);
    const {
      gates: results,
      warnings,
      verdict,
    } = compareLoaded(sides, chosen, {
      budget: 0.1,
      noise: 0.05,
      warmupMs: 0,
      allowed: [],
    }).comparison;
    return { verdict, warnings, names: results.map(({ gate }) => gate.text) };
  };
  const few = (each: number): RunSpec => ({ ...TIMES, times: timesAround(10, each) });

  it('leave out what the base itself has too few samples for, and say so', () => {
    const { names, warnings, verdict } = gates(few(20), few(20));
    expect(names).toEqual(['ws_rtt p(50) < +10%']);
    expect(warnings).toContainEqual(
      expect.stringContaining('default gate left out, ws_rtt p(99) < +10%: a run has 600'),
    );
    expect(verdict).toBe('within budget');
  });

  it('stay where the new side has far fewer than the base', () => {
    const { names, verdict } = gates(few(400), few(15));
    expect(names).toContain('ws_rtt p(99) < +10%');
    expect(verdict).toBe('invalid');
  });
});
