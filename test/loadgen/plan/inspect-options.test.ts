import { expect, it } from 'vitest';
import { inspectOptions } from '../../../src/loadgen/plan/inspect-options.js';
import { planLoad } from '../../../src/loadgen/plan/parse-load-options.js';

/** k6 1.3.0's output for these options, without null values. */
const OPTIONS = {
  scenarios: { a: { executor: 'constant-vus', vus: 3, duration: '5s' } },
  thresholds: { http_reqs: ['count>1'] },
  dns: { ttl: '1m' },
};

it('prints what a script sets and null for the rest, in the order of k6', () => {
  const printed = inspectOptions({ ...OPTIONS, unheardOf: 1 });
  expect(Object.keys(printed).slice(0, 6)).toEqual(['paused', 'vus', 'duration', 'iterations', 'stages', 'scenarios']);
  expect(Object.keys(printed)).toHaveLength(39);
  expect(printed).toMatchObject({
    vus: null,
    scenarios: {
      a: { executor: 'constant-vus', startTime: null, gracefulStop: null, env: null, exec: null, tags: null, vus: 3 },
    },
    thresholds: OPTIONS.thresholds,
    dns: { ttl: '1m', select: null, policy: null },
  });
  expect(printed).not.toHaveProperty('unheardOf');
  expect(printed).not.toHaveProperty('totalDuration');
  expect(inspectOptions(undefined)).toMatchObject({ scenarios: null, dns: { ttl: null } });
});

it('adds what the execution needs when it is asked for', () => {
  const needs = (options: object): Readonly<Record<string, unknown>> => {
    const script = { name: 'a.js', options, exports: ['default'] };
    return inspectOptions(options, planLoad({ flags: {}, script }).plan);
  };
  expect(needs(OPTIONS)).toMatchObject({ totalDuration: '35s', maxVUs: 3, scenarios: { a: { startTime: null } } });
  expect(needs({ vus: 2, iterations: 4 })).toMatchObject({
    totalDuration: '10m30s',
    maxVUs: 2,
    scenarios: { default: { executor: 'shared-iterations', vus: 2, iterations: 4 } },
    summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'],
  });
});
