import { describe, expect, it } from 'vitest';
import { type LoadtestFlags, readGatewayUrl, readPlan, refuseScript } from '../../src/cli/load-request.js';

const NOTHING: LoadtestFlags = {
  url: undefined,
  vus: undefined,
  duration: undefined,
  iterations: undefined,
  'graceful-stop': undefined,
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
};

describe('refuseScript', () => {
  it("names the script, behind k6's run or without it", () => {
    expect(() => refuseScript(['a.js'])).toThrow("'a.js' cannot be run");
    expect(() => refuseScript(['run', 'a.js'])).toThrow("'a.js' cannot be run");
    expect(() => refuseScript(['-'])).toThrow("'-' cannot be run");
  });

  it('has nothing against no script', () => {
    expect(() => refuseScript([])).not.toThrow();
    expect(() => refuseScript(['run'])).not.toThrow();
  });
});

describe('readPlan', () => {
  it('takes flags before the environment, and another target before both', () => {
    const flags = { ...NOTHING, vus: '3', duration: '2s', 'graceful-stop': '1s' };
    const env = { K6_VUS: '7', WSG_URL: 'ws://127.0.0.1:1/env' };
    const plan = readPlan(flags, env);
    expect(plan.scenarios).toEqual([expect.objectContaining({ vus: 3, durationMs: 2000, gracefulStopMs: 1000 })]);
    expect(plan.target.given).toBe('ws://127.0.0.1:1/env');
    expect(readPlan(flags, env, 'ws://127.0.0.1:2/spawned').target.given).toBe('ws://127.0.0.1:2/spawned');
  });
});

describe('readGatewayUrl', () => {
  it('takes http and https only', () => {
    expect(readGatewayUrl(NOTHING)).toBeUndefined();
    expect(readGatewayUrl({ ...NOTHING, gateway: 'http://127.0.0.1:5000' })).toBe('http://127.0.0.1:5000');
    for (const gateway of ['127.0.0.1:5000', 'ws://127.0.0.1:5000', 'http://']) {
      expect(() => readGatewayUrl({ ...NOTHING, gateway })).toThrow(`'${gateway}' of --gateway`);
    }
  });
});
