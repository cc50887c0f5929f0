import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueSketch } from '../../../src/core/histogram/value-sketch.js';
import type { MetricDefinition, RunTotals } from '../../../src/run-file/records.js';
import { parseThreshold, thresholdTypeProblem, type ThresholdPlan } from '../../../src/summary/k6/threshold.js';
import { ThresholdJudge } from '../../../src/summary/k6/threshold-judge.js';
import { trendOf } from '../../support/sample-run.js';

const TOTALS: RunTotals = {
  durationMs: 10_000,
  counters: { ws_msgs_sent: 50, 'ws_msgs_sent{kind:a}': 20 },
  gauges: { vus: { value: 3, min: 1, max: 9 } },
  rates: { checks: { passes: 9, fails: 1 } },
  trends: { ws_ping: trendOf([1, 2, 3, 4, 10]) },
  checks: [],
  iterations: { complete: 0, interrupted: 0 },
};

const METRICS: readonly MetricDefinition[] = [
  { name: 'checks', type: 'rate', contains: 'default' },
  { name: 'http_req_failed', type: 'rate', contains: 'default' },
  { name: 'iterations', type: 'counter', contains: 'default' },
];

function threshold(series: string, expression: string, abort: Partial<ThresholdPlan> = {}): ThresholdPlan {
  return { series, expression, abortOnFail: false, delayAbortMs: 0, ...abort };
}

function outcome(series: string, expression: string, totals = TOTALS) {
  return new ThresholdJudge([threshold(series, expression)]).outcomes(totals, METRICS)[0];
}

describe('parseThreshold', () => {
  it.each(['p(95)<500', ' p(99.9) <= 5e2 ', 'avg>=-1.5', 'rate===0.5', 'count==1', 'value!=.5', 'med>+3', 'max<5.'])(
    'takes %j',
    (text) => {
      expect(parseThreshold(text)).toHaveProperty('isMet');
    },
  );

  it.each([
    '',
    'p(95)',
    '<500',
    'p(95)<',
    'p(101)<1',
    'p()<1',
    'mean<1',
    'avg<1s',
    'avg=1',
    'avg<>1',
    'avg<1<2',
    'avg<0x1',
    'rate>50%',
  ])('refuses %j', (text) => {
    expect(parseThreshold(text)).toEqual({ problem: expect.stringContaining(`'${text}'`) });
  });

  const COMPARISONS = [
    ['<', (value: number, limit: number) => value < limit],
    ['<=', (value: number, limit: number) => value <= limit],
    ['>', (value: number, limit: number) => value > limit],
    ['>=', (value: number, limit: number) => value >= limit],
    ['==', (value: number, limit: number) => value === limit],
    ['===', (value: number, limit: number) => value === limit],
    ['!=', (value: number, limit: number) => value !== limit],
  ] as const;

  it.each(COMPARISONS)('compares by %s as numbers do', (operator, compare) => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 }), (value, limit) => {
        const parsed = parseThreshold(`value${operator}${limit}`);
        expect('isMet' in parsed && parsed.isMet(value)).toBe(compare(value, limit));
      }),
    );
  });
});

describe('thresholdTypeProblem', () => {
  const FITTING = {
    counter: ['count', 'rate'],
    gauge: ['value'],
    rate: ['rate'],
    trend: ['avg', 'min', 'max', 'med', 'p(95)'],
  } as const;
  const ALL = ['count', 'rate', 'value', 'avg', 'min', 'max', 'med', 'p(95)'];

  it.each(['counter', 'gauge', 'rate', 'trend'] as const)("allows a %s k6's aggregates and no others", (type) => {
    const allowed = ALL.filter((aggregate) => thresholdTypeProblem(`${aggregate}<1`, type) === undefined);
    expect(allowed.toSorted()).toEqual([...FITTING[type]].toSorted());
  });
});

describe('ThresholdJudge', () => {
  it.each([
    ['ws_msgs_sent', 'count>=50', true, 50],
    ['ws_msgs_sent', 'rate>5', false, 5],
    ['ws_msgs_sent{kind:a}', 'count<21', true, 20],
    ['vus', 'value<3', false, 3],
    ['checks', 'rate>0.85', true, 0.9],
    ['ws_ping', 'avg==4', true, 4],
    ['ws_ping', 'min>1', false, 1],
    ['ws_ping', 'max<=10', true, 10],
  ])('judges %s by %s', (series, expression, ok, value) => {
    expect(outcome(series, expression)).toMatchObject({ series, expression, ok, value, aborted: false });
  });

  it.each([
    ['med<3.1', 3],
    ['p(50)<3.1', 3],
    ['p(100)<=10', 10],
    ['p(90)<8', 7.6],
  ])('takes %s from the histogram', (expression, value) => {
    const { aggregate = '', value: found = 0, ok } = outcome('ws_ping', expression) ?? {};
    expect(aggregate).toBe(expression.split('<')[0]);
    expect(ok).toBe(true);
    expect(Math.abs((found ?? 0) - value) / value).toBeLessThan(0.001);
  });

  it('takes quantiles of values that are not times from their sketch', () => {
    const sketch = new ValueSketch();
    for (const value of [-5, 0, 7]) sketch.record(value);
    const { count, min, max, sum } = sketch;
    const totals = { ...TOTALS, trends: { sizes: { count, min, max, sum, histograms: {}, sketch } } };
    expect(outcome('sizes', 'p(100)<7.1', totals)).toMatchObject({ ok: true });
    expect(outcome('sizes', 'med>0', totals)).toMatchObject({ ok: false, value: 0 });
  });

  it("counts what was not recorded as 0, as k6 does, and says that it was not, also under an object's own names", () => {
    expect(outcome('ws_connecting', 'p(95)<5')).toMatchObject({ ok: true, value: null });
    expect(outcome('iterations', 'count>0')).toMatchObject({ ok: false, value: null });
    expect(outcome('constructor', 'count>0')).toMatchObject({ ok: false, value: null });
  });

  it('ends a run only for a crossed threshold that is to, after its delay', () => {
    const mustAbort = (plan: ThresholdPlan, durationMs = 10_000): boolean =>
      new ThresholdJudge([plan]).mustAbort({ ...TOTALS, durationMs });
    expect(mustAbort(threshold('checks', 'rate>0.95'))).toBe(false);
    expect(mustAbort(threshold('checks', 'rate>0.5', { abortOnFail: true }))).toBe(false);
    expect(mustAbort(threshold('checks', 'rate>0.95', { abortOnFail: true }))).toBe(true);
    const delayed = threshold('checks', 'rate>0.95', { abortOnFail: true, delayAbortMs: 10_000 });
    expect(mustAbort(delayed)).toBe(false);
    expect(mustAbort(delayed, 10_001)).toBe(true);
    expect(mustAbort(threshold('iterations', 'count>5', { abortOnFail: true }))).toBe(false);
  });

  // k6 1.3.0 was asked the same.
  it.each([
    ['http_req_failed', 'rate>0.9', true],
    ['checks{x:y}', 'rate==1', true],
    ['iterations', 'rate>1', false],
    ['iterations', 'count>5', false],
    ['ws_connecting', 'p(95)>1', false],
  ])('without a sample only a rate crosses nothing: %s %s', (series, expression, ok) => {
    expect(outcome(series, expression)).toMatchObject({ ok, value: null });
  });

  it('remembers which threshold ended the run', () => {
    const judge = new ThresholdJudge([
      threshold('checks', 'rate>0.99'),
      threshold('checks', 'rate>0.95', { abortOnFail: true }),
    ]);
    judge.mustAbort(TOTALS);
    expect(judge.outcomes(TOTALS, METRICS).map(({ aborted }) => aborted)).toEqual([false, true]);
  });
});
