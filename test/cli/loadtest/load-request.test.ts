import { describe, expect, it } from 'vitest';
import type { LoadtestFlags } from '../../../src/cli/loadtest/run-flags.js';
import { readLoadRequest, readPlannedLoad, readScriptEnv } from '../../../src/cli/loadtest/load-request.js';
import { valueOf } from '../../../src/cli/loadtest/read.js';
import { WsgError } from '../../../src/core/error.js';
import { planTarget } from '../../../src/loadgen/index.js';

const NOTHING: LoadtestFlags = {};

/** The problems of options: a single one is the error's sentence, several are listed. */
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
  it('takes outputs from the environment, unless flags name some', () => {
    const { outputs } = readLoadRequest(NOTHING, [], { K6_OUT: 'json=a.json,csv=b.csv' });
    expect(outputs).toHaveLength(2);
    expect(readLoadRequest({ ...NOTHING, out: ['json=c.json'] }, [], { WSG_OUT: 'csv=b.csv' }).outputs).toHaveLength(1);
    expect(complaints({}, [])).toEqual([]);
  });

  it("takes one script, behind k6's run or without it", () => {
    expect(complaints({}, ['a.js'])).toEqual([]);
    expect(complaints({}, ['a.js', 'b.js'])).toEqual([expect.stringContaining("got 'b.js' as well")]);
    expect(complaints({}, ['run', 'a.js', 'b.js'])).toEqual([expect.stringContaining("got 'b.js' as well")]);
    expect(complaints({}, ['run'])).toEqual([]);
  });

  it('lists what is wrong with load, summary, gateway, script and flags of k6 all at once', () => {
    const flags = {
      vus: '0',
      duration: 'soon',
      'summary-mode': 'long',
      'summary-time-unit': 'h',
      gateway: ['http://there', 'ws://here'],
    };
    const found = complaints({ ...flags, 'summary-trend-stats': 'mode', stage: ['1s:5'], out: ['influxdb=a'] }, [
      'a.js',
      'b.js',
    ]);
    const named = [
      'b.js',
      "'duration' and 'stages'",
      "'soon'",
      "'0'",
      'mode',
      'long',
      "'h'",
      'ws://here',
      'influxdb=a',
    ];
    expect(found).toEqual(named.map((text) => expect.stringContaining(text)));
  });

  it('takes http and https for the counters of gateways', () => {
    const gateway = ['http://127.0.0.1:5000', 'https://node2.example'];
    expect(readLoadRequest(NOTHING, [], {}).gatewayUrls).toEqual([]);
    expect(readLoadRequest({ ...NOTHING, gateway }, [], {}).gatewayUrls).toEqual(gateway);
    expect(readLoadRequest({ ...NOTHING, gateway: ['127.0.0.1:5000', 'https://node2.example'] }, [], {})).toMatchObject(
      {
        gatewayUrls: gateway,
        warnings: [expect.stringContaining("'127.0.0.1:5000' has no scheme")],
      },
    );
    for (const bad of ['ws://127.0.0.1:5000', 'http://', 'a b']) {
      expect(complaints({ gateway: [bad] })).toEqual([expect.stringContaining(`gateway: '${bad}'`)]);
    }
  });
});

describe('readPlannedLoad', () => {
  it('takes flags before the environment, and another target before both', () => {
    const flags = { ...NOTHING, vus: '3', duration: '2s', 'graceful-stop': '1s' };
    const env = { K6_VUS: '7', WSG_URL: 'ws://127.0.0.1:1/env' };
    const { plan } = valueOf(readPlannedLoad(flags, env));
    expect(plan.scenarios).toEqual([expect.objectContaining({ vus: 3, durationMs: 2000, gracefulStopMs: 1000 })]);
    expect(planTarget(plan)?.given).toBe('ws://127.0.0.1:1/env');
    expect(valueOf(readPlannedLoad({ ...flags, seed: '7' }, env)).plan.seed).toBe(7);
    const spawned = valueOf(readPlannedLoad(flags, env, { url: 'ws://127.0.0.1:2/spawned' }));
    expect(planTarget(spawned.plan)?.given).toBe('ws://127.0.0.1:2/spawned');
  });

  it('hands every flag of a load on', () => {
    const flags = {
      ...NOTHING,
      stage: ['1s:5', '2s:0'],
      tag: ['a=b'],
      'execution-segment': '0:1/2',
      'record-submetric': ['ws_msgs_sent{scenario:default}'],
      'min-iteration-duration': '1s',
    };
    const { plan } = valueOf(readPlannedLoad(flags, {}));
    expect(plan).toMatchObject({
      scenarios: [{ executor: 'ramping-vus', stages: [{ target: 5 }, { target: 0 }] }],
      tags: { a: 'b' },
      segment: { period: 2 },
      submetrics: ['ws_msgs_sent{scenario:default}'],
      minIterationMs: 1000,
    });
  });
});

describe('the environment of a script', () => {
  it('is made of -e, a key alone taking its value from the environment', () => {
    expect(valueOf(readScriptEnv({ env: ['A=b=c', 'HOME_OF_A', 'EMPTY='] }, { HOME_OF_A: 'there' }))).toEqual({
      A: 'b=c',
      HOME_OF_A: 'there',
      EMPTY: '',
    });
    expect(readScriptEnv({ env: ['=b'] }, {})).toEqual({ problems: ["env: '=b' must be KEY=VALUE"] });
  });
});

describe('the summary', () => {
  const options = { summaryTrendStats: ['max'], summaryTimeUnit: 'ms' };
  const config = { path: 'k6.json', options };

  it('looks as a file says, and flags and environment before it', () => {
    const read = (flags: Partial<LoadtestFlags>, env = {}) =>
      readLoadRequest({ ...NOTHING, ...flags }, [], env, { config }).summary;
    expect(read({})).toMatchObject({ trendStats: 'max', timeUnit: 'ms' });
    expect(read({ 'summary-time-unit': 's' }, { K6_SUMMARY_TREND_STATS: 'min' })).toMatchObject({
      trendStats: 'min',
      timeUnit: 's',
    });
  });
});
