import { describe, expect, it } from 'vitest';
import { judgeRun, judgeSecond } from '../../src/run-file/judge-health.js';
import type { HealthRecord } from '../../src/run-file/records.js';

const QUIET = { eventLoopUse: 0.4, p99: 2 };
const BUSY = { eventLoopUse: 0.99, p99: 2 };
const TIGHT = { eventLoopUse: 0.85, p99: 2 };
const LATE = { eventLoopUse: 0.4, p99: 80 };

function second(index: number, { eventLoopUse, p99 }: typeof QUIET): HealthRecord {
  const scheduleLag = { count: 100, p50: 1, p99, max: p99 };
  const verdict = judgeSecond({ eventLoopUse, scheduleLag });
  return { second: index, eventLoopUse, scheduleLag, gcMs: 0, cpuProcess: 1, rssBytes: 1, verdict };
}

function run(...parts: readonly (readonly [number, typeof QUIET])[]): ReturnType<typeof judgeRun> {
  const seconds = parts.flatMap(([count, symptoms]) => Array.from({ length: count }, () => symptoms));
  return judgeRun(seconds.map((symptoms, index) => second(index, symptoms)));
}

describe('judgeSecond', () => {
  it.each([
    [0.4, 2, 'healthy'],
    [0.8, 20, 'healthy'],
    [0.81, 2, 'strained'],
    [0.4, 21, 'strained'],
    [0.95, 2, 'strained'],
    [0.96, 2, 'saturated'],
    [0.4, 51, 'saturated'],
  ] as const)('of a loop use of %d and a lag of %d ms is %s', (eventLoopUse, p99, verdict) => {
    expect(second(0, { eventLoopUse, p99 }).verdict).toBe(verdict);
  });
});

describe('judgeRun', () => {
  it('judges a run of two days, bad in every second', () => {
    expect(run([172_800, { eventLoopUse: 0.99, p99: 80 }]).verdict).toBe('saturated');
  });

  it('forgives a burst at the start and at the end', () => {
    expect(run([1, BUSY], [28, QUIET], [1, LATE])).toEqual({
      verdict: 'healthy',
      reasons: [],
      saturatedSeconds: [0, 29],
    });
  });

  it('condemns a run with a busy loop in a tenth of its seconds, and says how often', () => {
    const health = run([26, QUIET], [4, BUSY]);
    expect(health.verdict).toBe('saturated');
    expect(health.reasons).toEqual(['the event loop was busy for more than 95 % in 4 of 30 seconds (at most 99 %)']);
    expect(health.saturatedSeconds).toEqual([26, 27, 28, 29]);
  });

  it('condemns a run whose actions came late, and says how late', () => {
    expect(run([5, QUIET], [5, LATE]).reasons).toEqual([
      'scheduled actions ran more than 50 ms late (p99) in 5 of 10 seconds (at most 80 ms)',
    ]);
  });

  it('calls a run strained that was near its limit for long', () => {
    expect(run([20, QUIET], [10, TIGHT])).toMatchObject({ verdict: 'strained', saturatedSeconds: [] });
  });

  it.each([1, 2, 3])('says of a run that ends in its second %d that it is too short', (count) => {
    expect(run([count, BUSY])).toMatchObject({
      verdict: 'unjudged',
      reasons: ['too short to judge: a verdict on the generator needs 3 whole seconds'],
      saturatedSeconds: Array.from({ length: count }, (_, second) => second),
    });
    expect(run([count, QUIET]).verdict).toBe('unjudged');
  });

  it('forgives two seconds of any run that it judges', () => {
    expect(run([2, BUSY], [2, QUIET]).verdict).toBe('healthy');
    expect(run([1, BUSY], [2, QUIET], [1, BUSY]).verdict).toBe('healthy');
    expect(run([3, BUSY], [1, QUIET]).verdict).toBe('saturated');
    expect(run([4, BUSY]).verdict).toBe('saturated');
  });

  it('has no verdict on a run without a second', () => {
    expect(judgeRun([]).verdict).toBe('unjudged');
  });
});
