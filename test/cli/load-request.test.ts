import { describe, expect, it } from 'vitest';
import { checkOpenFiles, type LoadtestFlags, readLoadRequest, readPlan } from '../../src/cli/load-request.js';
import { WsgError } from '../../src/core/error.js';

const NOTHING: LoadtestFlags = {
  url: undefined,
  vus: undefined,
  duration: undefined,
  iterations: undefined,
  'graceful-stop': undefined,
  seed: undefined,
  'spawn-gateway': false,
  gateway: undefined,
  run: undefined,
  'no-run': false,
  'summary-mode': undefined,
  'summary-trend-stats': undefined,
  'summary-time-unit': undefined,
  json: false,
  quiet: false,
  'no-color': false,
  'allow-saturated': false,
  env: undefined,
  'include-system-env-vars': false,
  'no-usage-report': false,
  address: undefined,
  'log-output': undefined,
  stage: undefined,
  out: undefined,
};

/** What is said against the options: one sentence alone, several as a list. */
function complaints(flags: Partial<LoadtestFlags>, args: readonly string[] = []): readonly string[] {
  try {
    readLoadRequest({ ...NOTHING, ...flags }, args, {});
    return [];
  } catch (error) {
    if (!(error instanceof WsgError) || error.code !== 'options.invalid') throw error;
    return error.problems.length > 0 ? error.problems : [error.message];
  }
}

describe('readLoadRequest', () => {
  it("names a script that it cannot run, behind k6's run or without it", () => {
    expect(complaints({}, ['a.js'])).toEqual([expect.stringContaining("'a.js' cannot be run")]);
    expect(complaints({}, ['run', 'a.js'])).toEqual([expect.stringContaining("'a.js' cannot be run")]);
    expect(complaints({}, ['-'])).toEqual([expect.stringContaining("'-' cannot be run")]);
    expect(complaints({}, ['run'])).toEqual([]);
  });

  it('lists what is wrong with load, summary, gateway, script and flags of k6 all at once', () => {
    const flags = { vus: '0', duration: 'soon', 'summary-mode': 'long', 'summary-time-unit': 'h', gateway: 'here' };
    const found = complaints({ ...flags, 'summary-trend-stats': 'mode', stage: ['1s:5'], out: ['json=a'] }, ['a.js']);
    const named = ['a.js', "'0'", 'soon', 'mode', 'long', "'h'", 'here', '1s:5', 'json=a'];
    expect(found).toEqual(named.map((text) => expect.stringContaining(text)));
  });

  it('takes http and https for the counters of a gateway', () => {
    const gateway = 'http://127.0.0.1:5000';
    expect(readLoadRequest(NOTHING, [], {}).gatewayUrl).toBeUndefined();
    expect(readLoadRequest({ ...NOTHING, gateway }, [], {}).gatewayUrl).toBe(gateway);
    for (const bad of ['127.0.0.1:5000', 'ws://127.0.0.1:5000', 'http://']) {
      expect(complaints({ gateway: bad })).toEqual([expect.stringContaining(`gateway: '${bad}'`)]);
    }
  });
});

describe('checkOpenFiles', () => {
  it('refuses more virtual users than there may be sockets, and says both numbers', () => {
    expect(() => checkOpenFiles({ maxVus: 100, limit: 128 })).toThrow(/^100 virtual users .* may have 128\.$/);
  });

  it('has nothing against a limit that is high enough or unknown', () => {
    expect(() => checkOpenFiles({ maxVus: 100, limit: 1024 })).not.toThrow();
    expect(() => checkOpenFiles({ maxVus: 100, limit: 0 })).not.toThrow();
  });
});

describe('readPlan', () => {
  it('takes flags before the environment, and another target before both', () => {
    const flags = { ...NOTHING, vus: '3', duration: '2s', 'graceful-stop': '1s' };
    const env = { K6_VUS: '7', WSG_URL: 'ws://127.0.0.1:1/env' };
    const plan = readPlan(flags, env);
    expect(plan.scenarios).toEqual([expect.objectContaining({ vus: 3, durationMs: 2000, gracefulStopMs: 1000 })]);
    expect(plan.target.given).toBe('ws://127.0.0.1:1/env');
    expect(readPlan({ ...flags, seed: '7' }, env).seed).toBe(7);
    expect(readPlan(flags, env, 'ws://127.0.0.1:2/spawned').target.given).toBe('ws://127.0.0.1:2/spawned');
  });
});
