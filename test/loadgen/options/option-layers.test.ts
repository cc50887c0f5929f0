import { describe, expect, it } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import { planLoad, type LoadSources } from '../../../src/loadgen/plan/parse-load-options.js';

const EXPORTS = ['default'];

interface Given {
  readonly flags?: LoadSources['flags'];
  readonly environment?: NodeJS.ProcessEnv;
  readonly script?: unknown;
  readonly config?: unknown;
}

function planOf({ flags = {}, environment, script, config }: Given) {
  return planLoad({
    flags,
    environment,
    ...(script === undefined ? {} : { script: { name: 'a.js', options: script, exports: EXPORTS } }),
    ...(config === undefined ? {} : { config: { path: 'k6.json', options: config } }),
  });
}

function problemsOf(given: Given): readonly string[] {
  try {
    planOf(given);
  } catch (error) {
    if (error instanceof WsgError && error.code === 'options.invalid') return error.problems;
    throw error;
  }
  return [];
}

const SCENARIOS = { a: { executor: 'constant-vus', duration: '9s' } };

describe('layers of options', () => {
  it('outrank each other: flag, WSG_, K6_, script, file, default', () => {
    const all: Given = {
      flags: { tags: ['from=flag'] },
      environment: { WSG_TAGS: 'from:wsg', K6_TAGS: 'from:k6' },
      script: { tags: { from: 'script' } },
      config: { tags: { from: 'file' } },
    };
    const from = (given: Given) => planOf(given).plan.tags;
    expect(from(all)).toEqual({ from: 'flag' });
    expect(from({ ...all, flags: {} })).toEqual({ from: 'wsg' });
    expect(from({ ...all, flags: {}, environment: { K6_TAGS: 'from:k6', WSG_TAGS: '' } })).toEqual({ from: 'k6' });
    expect(from({ script: all.script, config: all.config })).toEqual({ from: 'script' });
    expect(from({ script: {}, config: all.config })).toEqual({ from: 'file' });
    expect(from({ script: {} })).toEqual({});
  });

  it.each<[Given, object]>([
    [
      { flags: { iterations: '5' }, script: { vus: 2, duration: '9s' } },
      { executor: 'shared-iterations', vus: 2, maxDurationMs: 600_000 },
    ],
    [
      { environment: { K6_ITERATIONS: '10' }, flags: { vus: '5' }, script: {} },
      { executor: 'shared-iterations', vus: 5, iterations: 10 },
    ],
    [
      { flags: { duration: '5s' }, script: { stages: [{ duration: '1s', target: 1 }] } },
      { executor: 'constant-vus', durationMs: 5000 },
    ],
    [
      { flags: { stages: ['1s:5,2s:0', '3s:1'], vus: '0' }, script: { iterations: 3 } },
      {
        executor: 'ramping-vus',
        startVus: 0,
        stages: [
          { durationMs: 1000, target: 5 },
          { durationMs: 2000, target: 0 },
          { durationMs: 3000, target: 1 },
        ],
      },
    ],
    [
      { environment: { K6_STAGES: '5s:10' }, script: {} },
      { executor: 'ramping-vus', startVus: 1 },
    ],
    [
      { flags: { duration: '5s' }, script: { scenarios: SCENARIOS } },
      { name: 'default', executor: 'constant-vus', durationMs: 5000 },
    ],
    [{ script: { vus: 7 } }, { executor: 'per-vu-iterations', vus: 1, iterations: 1 }],
    [{ script: {} }, { executor: 'per-vu-iterations', vus: 1, iterations: 1 }],
    [{ script: { stages: [] } }, { executor: 'per-vu-iterations', vus: 1, iterations: 1 }],
    [{ script: { scenarios: {} } }, { executor: 'per-vu-iterations', vus: 1, iterations: 1 }],
    [{}, { executor: 'constant-vus', vus: 100 }],
    [{ config: { duration: '2s' } }, { executor: 'constant-vus', vus: 1, durationMs: 2000 }],
  ])('of %j runs %j', (given, scenario) => {
    expect(planOf(given).plan.scenarios).toMatchObject([scenario]);
  });

  it.each([
    ['iterations', 'stages', { iterations: 1, stages: [{ duration: '1s', target: 1 }] }],
    ['iterations', 'scenarios', { iterations: 1, scenarios: SCENARIOS }],
    ['duration', 'stages', { duration: '1s', stages: [{ duration: '1s', target: 1 }] }],
    ['duration', 'scenarios', { duration: '1s', scenarios: SCENARIOS }],
    ['stages', 'scenarios', { stages: [{ duration: '1s', target: 1 }], scenarios: SCENARIOS }],
  ])('refuses %s and %s in one', (one, other, script) => {
    expect(problemsOf({ script })).toEqual([`${one}: using '${one}' and '${other}' simultaneously is not allowed`]);
  });

  it('says that VUs have no effect on scenarios, and that stronger options replace them', () => {
    expect(planOf({ flags: { vus: '5' }, script: { scenarios: SCENARIOS } }).warnings).toEqual([
      expect.stringMatching(/^vus: it has no effect/),
    ]);
    expect(planOf({ flags: { iterations: '5' }, script: { scenarios: SCENARIOS } }).warnings).toEqual([
      expect.stringMatching(/^scenarios: overridden by stronger/),
    ]);
  });

  it('warns of unknown keys, and refuses options that are not an object', () => {
    expect(planOf({ script: { vuss: 3 }, config: { maxVU: 1 } }).warnings).toEqual([
      'vuss: unknown option; it is ignored',
      'maxVU (k6.json): unknown option; it is ignored',
    ]);
    expect(problemsOf({ config: [1] })).toEqual(['config (k6.json): the options must be an object']);
  });

  it('says for each value where it stands', () => {
    const given = {
      environment: { K6_SETUP_TIMEOUT: 'x' },
      config: { stages: [{ duration: '1s' }] },
      script: { batch: 'a' },
    };
    expect(problemsOf(given)).toEqual([
      expect.stringMatching(/^setupTimeout \(K6_SETUP_TIMEOUT\): /),
      expect.stringMatching(/^batch: /),
      expect.stringMatching(/^stages\[0\]\.target \(k6\.json\): /),
    ]);
  });
});

describe('options that are not part of the load', () => {
  const script = {
    setupTimeout: '5s',
    throw: true,
    hosts: { 'a.b': '127.0.0.1' },
    systemTags: ['url'],
    userAgent: 'me',
  };

  it('are carried for scripts', () => {
    const { plan, warnings } = planOf({ script, flags: { noSetup: true, blockHostnames: '*.c,d' } });
    expect(warnings).toEqual([]);
    expect(plan.runtime).toMatchObject({
      setupTimeoutMs: 5000,
      teardownTimeoutMs: 60_000,
      noSetup: true,
      throwsOnFailure: true,
      hosts: { 'a.b': '127.0.0.1' },
      blockHostnames: ['*.c', 'd'],
      systemTags: ['url'],
      userAgent: 'me',
    });
  });

  it('are warned of when a built-in scenario runs the same without', () => {
    expect(planOf({ flags: { noSetup: true, throw: true } }).warnings).toEqual([
      expect.stringMatching(/^noSetup: ignored/),
      expect.stringMatching(/^throw: ignored/),
    ]);
  });

  it('are refused when nobody obeys them, unless they ask for nothing', () => {
    expect(problemsOf({ script: { linger: true, paused: true, tlsVersion: 'tls1.2' } })).toHaveLength(3);
    expect(problemsOf({ script: { rps: 0, paused: false, linger: false } })).toEqual([]);
    const asked = { tracesOutput: 'otel', type: 'archive', compatibilityMode: 'es3', secretSource: ['file=x'] };
    expect(problemsOf({ flags: asked })).toHaveLength(4);
    const harmless = { tracesOutput: 'none', type: 'js', compatibilityMode: 'base', noUsageReport: true };
    expect(planOf({ flags: harmless }).warnings).toEqual([]);
    expect(planOf({ script: { ext: {}, metricSamplesBufferSize: 5 } }).warnings).toHaveLength(2);
  });
});

describe('thresholds of options', () => {
  it('are read as texts and objects, with the submetrics that they need', () => {
    const thresholds = {
      'ws_msgs_sent{kind:a}': ['count>10', { threshold: 'rate<5', abortOnFail: true, delayAbortEval: '10s' }],
      checks: 'rate>0.9',
      own_metric: [],
    };
    const { plan } = planOf({
      script: { thresholds },
      flags: { recordSubmetrics: ['ws_ping{url:a}', 'ws_msgs_sent{kind:a}'] },
    });
    expect(plan.thresholds).toEqual([
      { series: 'ws_msgs_sent{kind:a}', expression: 'count>10', abortOnFail: false, delayAbortMs: 0 },
      { series: 'ws_msgs_sent{kind:a}', expression: 'rate<5', abortOnFail: true, delayAbortMs: 10_000 },
      { series: 'checks', expression: 'rate>0.9', abortOnFail: false, delayAbortMs: 0 },
    ]);
    expect(plan.submetrics).toEqual(['ws_msgs_sent{kind:a}', 'ws_ping{url:a}']);
    expect(planOf({ script: { thresholds }, flags: { noThresholds: true } }).plan.thresholds).toEqual([]);
  });

  it('name each problem with its path, and metrics that there are not', () => {
    const thresholds = {
      checks: ['rate>>1', { abortOnFail: true }, { threshold: 'rate>1', abort: true }, 5],
      'ws_ping{:b}': ['max<1'],
      nope: ['count>1'],
      vus: ['avg>1'],
    };
    expect(problemsOf({ config: { thresholds } })).toEqual([
      expect.stringMatching(/^thresholds\.checks\[0\] \(k6\.json\): 'rate>>1' must be a threshold/),
      expect.stringMatching(/^thresholds\.checks\[1\]\.threshold \(k6\.json\): it is required/),
      expect.stringMatching(/^thresholds\.checks\[2\]\.abort \(k6\.json\): /),
      expect.stringMatching(/^thresholds\.checks\[3\] \(k6\.json\): 5 must be a string/),
      expect.stringMatching(/^thresholds\.ws_ping\{:b\} \(k6\.json\): /),
      'thresholds.nope: no metric name "nope" found',
      "thresholds.vus: 'avg>1': a gauge has no 'avg', only value",
    ]);
    expect(problemsOf({ flags: { recordSubmetrics: ['vus', 'no{a:b}'] } })).toEqual([
      expect.stringMatching(/^recordSubmetrics\[0\]: 'vus' names no tag/),
      'recordSubmetrics.no{a:b}: no metric name "no{a:b}" found',
    ]);
  });
});
