import { describe, expect, it } from 'vitest';
import { createRunHeader } from '../../../src/loadgen/run/run-header.js';
import { WsgError } from '../../../src/core/error.js';
import { describePlan } from '../../../src/loadgen/plan/describe-plan.js';
import type { LoadFlags } from '../../../src/loadgen/options/index.js';
import { parseLoadOptions } from '../../../src/loadgen/plan/parse-load-options.js';
import { planTarget } from '../../../src/loadgen/plan/plan.js';

function scenarioOf(flags: LoadFlags, environment: NodeJS.ProcessEnv = {}) {
  return parseLoadOptions(flags, environment).scenarios[0];
}

function problemsOf(flags: LoadFlags, environment: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    parseLoadOptions(flags, environment);
  } catch (error) {
    if (error instanceof WsgError && error.code === 'options.invalid') return error.problems;
    throw error;
  }
  return [];
}

describe('parseLoadOptions', () => {
  it('plans 100 virtual users for 30 s when no load option is given, and marks it as the default', () => {
    const plan = parseLoadOptions({ gracefulStop: '5s' });
    expect(plan.isDefaultLoad).toBe(true);
    expect(planTarget(plan)?.normalised).toBe('ws://127.0.0.1:5000/connect');
    expect(plan.scenarios).toMatchObject([
      { name: 'default', executor: 'constant-vus', vus: 100, durationMs: 30_000, gracefulStopMs: 5000 },
    ]);
  });

  it('makes constant-vus of a duration, with one virtual user unless told', () => {
    expect(scenarioOf({ duration: '1m30s' })).toMatchObject({ executor: 'constant-vus', vus: 1, durationMs: 90_000 });
    expect(scenarioOf({ duration: '4s', vus: '3' })).toMatchObject({ executor: 'constant-vus', vus: 3 });
  });

  it('makes shared-iterations of iterations, the duration being their limit', () => {
    const base = { executor: 'shared-iterations', iterations: 10, vus: 2 };
    expect(scenarioOf({ iterations: '10', vus: '2' })).toMatchObject({ ...base, maxDurationMs: 600_000 });
    expect(scenarioOf({ iterations: '10', vus: '2', duration: '5s' })).toMatchObject({ ...base, maxDurationMs: 5000 });
  });

  it('gives each of the virtual users one iteration when only their number is told', () => {
    expect(scenarioOf({ vus: '7' })).toMatchObject({ executor: 'shared-iterations', iterations: 7, vus: 7 });
  });

  it('prefers a flag to WSG_, and that to K6_', () => {
    const environment = { WSG_VUS: '2', K6_VUS: '3', K6_DURATION: '9s', WSG_GRACEFUL_STOP: '' };
    expect(scenarioOf({ vus: '1' }, environment)).toMatchObject({ vus: 1 });
    expect(scenarioOf({}, environment)).toMatchObject({ vus: 2, durationMs: 9000, gracefulStopMs: 30_000 });
  });

  it('names all problems at once, each with its option and variable', () => {
    const flags = { url: 'http://x', vus: '0', duration: 'soon', gracefulStop: '-1s', scenario: 'nope', seed: '1.5' };
    expect(problemsOf(flags, { K6_MIN_ITERATION_DURATION: 'long' }).map((problem) => problem.split(':')[0])).toEqual([
      'url',
      'scenario',
      'seed',
      'gracefulStop',
      'duration',
      'vus',
      'minIterationDuration (K6_MIN_ITERATION_DURATION)',
    ]);
  });

  it('refuses options of the environment that would change the run and cannot be obeyed', () => {
    expect(problemsOf({}, { K6_LINGER: 'true', WSG_RPS: '', K6_PAUSED: 'false', WSG_VUS: '1' })).toEqual([
      expect.stringMatching(/^linger \(K6_LINGER\): /),
    ]);
  });

  it('does not repeat the password of a URL that it refuses', () => {
    expect(problemsOf({ url: 'ws://user:secret@h/' })).toEqual([expect.not.stringContaining('secret')]);
  });

  it('refuses fewer shared iterations than virtual users', () => {
    expect(problemsOf({ iterations: '2', vus: '3' })).toHaveLength(1);
  });

  it.each([
    ['duration', { duration: '0s' }],
    ['duration', { duration: '999ms' }],
    ['iterations', { iterations: '0' }],
    ['url', { url: 'ws://h/#part' }],
    ['url', { url: 'not a url' }],
    ['url', { url: 'ws://user:secret@h/' }],
  ])('refuses a %s of %j', (option, flags) => {
    expect(problemsOf(flags)[0]).toMatch(new RegExp(`^${option}: `));
  });
});

describe('describePlan', () => {
  it("says k6's words for constant-vus", () => {
    expect(describePlan(parseLoadOptions({ seed: '7' }))).toEqual({
      seed: 7,
      headline: '1 scenario, 100 max VUs, 1m0s max duration (incl. graceful stop)',
      scenarios: ['default: 100 looping VUs for 30s (gracefulStop: 30s)'],
      segmentShare: 1,
      threads: expect.any(Number),
    });
  });

  it("says k6's words for shared-iterations", () => {
    expect(describePlan(parseLoadOptions({ seed: '7', iterations: '10', vus: '2' }))).toEqual({
      seed: 7,
      headline: '1 scenario, 2 max VUs, 10m30s max duration (incl. graceful stop)',
      scenarios: ['default: 10 iterations shared among 2 VUs (maxDuration: 10m0s, gracefulStop: 30s)'],
      segmentShare: 1,
      threads: expect.any(Number),
    });
  });
});

it('draws a seed for each run unless one is given, which does not keep runs from being compared', () => {
  const [one, other] = [parseLoadOptions({}), parseLoadOptions({})];
  expect(one.seed).not.toBe(other.seed);
  const origin = { version: '1.0.0', startedAtMs: 0 };
  const [first, second] = [createRunHeader(one, origin), createRunHeader(other, origin)];
  expect(first.seed).toBe(one.seed);
  expect(second.planHash).toBe(first.planHash);
});
