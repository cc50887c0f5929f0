import { describe, expect, it } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import { describePlan } from '../../../src/loadgen/plan/describe-plan.js';
import { planLoad, type PlannedLoad } from '../../../src/loadgen/plan/parse-load-options.js';

const EXPORTS = ['default', 'chat'];

function plan(scenarios: unknown): PlannedLoad {
  return planLoad({ flags: {}, script: { name: 'a.js', options: { scenarios }, exports: EXPORTS } });
}

function problems(scenarios: unknown): readonly string[] {
  try {
    plan(scenarios);
  } catch (error) {
    if (error instanceof WsgError && error.code === 'options.invalid') return error.problems;
    throw error;
  }
  return [];
}

const ARRIVALS = { preAllocatedVUs: 1, duration: '5s' };

describe('scenarios', () => {
  it.each([
    [
      { executor: 'constant-vus', duration: '30s' },
      { vus: 1, durationMs: 30_000, startTimeMs: 0, gracefulStopMs: 30_000, exec: 'default', env: {}, tags: {} },
      '1 looping VUs for 30s (gracefulStop: 30s)',
    ],
    [
      { executor: 'constant-vus', vus: '3', duration: 4000, exec: 'chat', startTime: '5s', gracefulStop: 0 },
      { vus: 3, durationMs: 4000, startTimeMs: 5000, gracefulStopMs: 0, exec: 'chat' },
      '3 looping VUs for 4s (exec: chat, startTime: 5s, gracefulStop: 0s)',
    ],
    [
      { executor: 'ramping-vus', stages: [{ duration: '1m', target: 10 }], env: { A: 'b' }, tags: { c: 'd' } },
      { startVus: 1, stages: [{ durationMs: 60_000, target: 10 }], gracefulRampDownMs: 30_000, env: { A: 'b' } },
      'Up to 10 looping VUs for 1m0s over 1 stages (gracefulRampDown: 30s, gracefulStop: 30s)',
    ],
    [
      { executor: 'per-vu-iterations' },
      { vus: 1, iterations: 1, maxDurationMs: 600_000 },
      '1 iterations for each of 1 VUs (maxDuration: 10m0s, gracefulStop: 30s)',
    ],
    [
      { executor: 'shared-iterations', vus: 2, iterations: 10, maxDuration: '1m' },
      { vus: 2, iterations: 10, maxDurationMs: 60_000 },
      '10 iterations shared among 2 VUs (maxDuration: 1m0s, gracefulStop: 30s)',
    ],
    [
      { executor: 'constant-arrival-rate', rate: 50, duration: '30s', preAllocatedVUs: 10, maxVUs: 50 },
      { rate: 50, timeUnitMs: 1000, durationMs: 30_000, preAllocatedVus: 10, maxVus: 50 },
      '50.00 iterations/s for 30s (maxVUs: 10-50, gracefulStop: 30s)',
    ],
    [
      {
        executor: 'ramping-arrival-rate',
        timeUnit: '1m',
        stages: [
          { duration: '30s', target: 3000 },
          { duration: '30s', target: 0 },
        ],
        preAllocatedVUs: 10,
      },
      { startRate: 0, timeUnitMs: 60_000, preAllocatedVus: 10, maxVus: 10 },
      'Up to 50.00 iterations/s for 1m0s over 2 stages (maxVUs: 10, gracefulStop: 30s)',
    ],
  ])("%j has k6's defaults and description", (scenario, expected, description) => {
    const { plan: planned } = plan({ one: scenario });
    expect(planned.scenarios).toMatchObject([{ name: 'one', executor: scenario.executor, ...expected }]);
    expect(describePlan(planned).scenarios).toEqual([`one: ${description}`]);
  });

  it("takes keys in any case, as k6's JSON does", () => {
    const scenario = { executor: 'constant-arrival-rate', rate: 1, duration: '1s', preAllocatedVus: 2, MAXVUS: 3 };
    expect(plan({ a: scenario }).plan.scenarios).toMatchObject([{ preAllocatedVus: 2, maxVus: 3 }]);
  });

  it('are listed by their start, then by their names', () => {
    const at = (startTime: string) => ({ executor: 'per-vu-iterations', startTime });
    const names = plan({ c: at('1s'), b: at('2s'), a: at('2s') }).plan.scenarios.map(({ name }) => name);
    expect(names).toEqual(['c', 'a', 'b']);
  });

  it('names every problem of every scenario at once, with its path', () => {
    const found = problems({
      'bad name': { executor: 'per-vu-iterations' },
      a: {
        executor: 'ramping-vus',
        startVUs: -1,
        exec: 'missing',
        stages: [
          { duration: '1s', target: 1 },
          { duration: 'x', target: 1.5 },
          { target: 1, vus: 3 },
        ],
        rate: 3,
      },
      b: { executor: 'shared-iterations', vus: 3, iterations: 2, env: { A: 1 } },
      c: { executor: 'constant-arrival-rate', timeUnit: 0, preAllocatedVUs: 5, maxVUs: 4 },
      d: { executor: 'externally-controlled' },
      e: { vus: 1 },
      f: 'ten',
      g: { executor: 'constant-vus', duration: '500ms' },
      h: { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '1s', target: 0 }] },
      i: { executor: 'ramping-vus', stages: [] },
    });
    expect(found.map((problem) => problem.replace(/: .*/s, '')).toSorted()).toEqual(
      [
        'scenarios.a.exec',
        'scenarios.a.rate',
        'scenarios.a.stages[1].duration',
        'scenarios.a.stages[1].target',
        'scenarios.a.stages[2].duration',
        'scenarios.a.stages[2].vus',
        'scenarios.a.startVUs',
        'scenarios.b.env.A',
        'scenarios.b.iterations',
        'scenarios.bad name',
        'scenarios.c.duration',
        'scenarios.c.maxVUs',
        'scenarios.c.rate',
        'scenarios.c.timeUnit',
        'scenarios.d.executor',
        'scenarios.e',
        'scenarios.f',
        'scenarios.g.duration',
        'scenarios.h.startVUs',
        'scenarios.i.stages',
      ].toSorted(),
    );
  });

  it.each([
    ['constant-vus', { duration: '5s' }],
    ['ramping-vus', { stages: [{ duration: '1s', target: 1 }] }],
    ['shared-iterations', {}],
    ['per-vu-iterations', {}],
    ['constant-arrival-rate', { ...ARRIVALS, rate: 1 }],
    ['ramping-arrival-rate', { preAllocatedVUs: 1, stages: [{ duration: '1s', target: 1 }] }],
  ])('refuses a key that %s does not have', (executor, keys) => {
    expect(problems({ a: { executor, ...keys } })).toEqual([]);
    expect(problems({ a: { executor, ...keys, target: 1 } })).toEqual([
      `scenarios.a.target: ${executor} has no such key`,
    ]);
  });

  it.each([
    ['constant-vus', 'duration', {}],
    ['ramping-vus', 'stages', {}],
    ['constant-arrival-rate', 'rate', ARRIVALS],
    ['constant-arrival-rate', 'duration', { rate: 1, preAllocatedVUs: 1 }],
    ['constant-arrival-rate', 'preAllocatedVUs', { rate: 1, duration: '5s' }],
    ['ramping-arrival-rate', 'preAllocatedVUs', { stages: [{ duration: '1s', target: 1 }] }],
  ])('%s requires %s', (executor, key, keys) => {
    expect(problems({ a: { executor, ...keys } })).toEqual([expect.stringContaining(`scenarios.a.${key}: `)]);
  });
});

describe('an execution segment', () => {
  it('shows its share of a plan, and shares sum to the whole', () => {
    const scenarios = {
      a: { executor: 'constant-vus', vus: 10, duration: '5s' },
      b: { executor: 'shared-iterations', vus: 4, iterations: 9 },
      c: { executor: 'constant-arrival-rate', rate: 100, duration: '5s', preAllocatedVUs: 4 },
      d: { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '5s', target: 6 }] },
      e: { executor: 'per-vu-iterations', vus: 5, iterations: 2 },
    };
    const script = { name: 'a.js', options: { scenarios }, exports: EXPORTS };
    const described = ['0:1/4', '1/4:1'].map((executionSegment) =>
      describePlan(planLoad({ flags: { executionSegment }, script }).plan),
    );
    expect(described.map(({ headline, segmentShare }) => [headline.split(',')[1], segmentShare])).toEqual([
      [' 9 max VUs', 0.25],
      [' 20 max VUs', 0.75],
    ]);
    expect(described[0]?.scenarios).toEqual([
      expect.stringContaining('a: 3 looping'),
      expect.stringContaining('b: 3 iterations shared among 1 VUs'),
      expect.stringContaining('c: 25.00 iterations/s for 5s (maxVUs: 1'),
      expect.stringContaining('d: Up to 2 looping'),
      expect.stringContaining('e: 2 iterations for each of 2 VUs'),
    ]);
  });

  it('is refused when it has arrivals and no virtual user for them', () => {
    const a = { executor: 'constant-arrival-rate', rate: 100, duration: '5s', preAllocatedVUs: 1 };
    const script = { name: 'a.js', options: { scenarios: { a } }, exports: EXPORTS };
    expect(() => planLoad({ flags: { executionSegment: '0:1/2' }, script })).not.toThrow();
    expect(() => planLoad({ flags: { executionSegment: '1/2:1' }, script })).toThrow(WsgError);
  });
});
