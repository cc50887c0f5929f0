import { describe, expect, it } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import type { LoadFlags } from '../../../src/loadgen/options/index.js';
import { parseLoadOptions, planLoad } from '../../../src/loadgen/plan/parse-load-options.js';

const URL = 'ws://127.0.0.1:7777/ws?x=1';

function behaviourOf(flags: LoadFlags) {
  return parseLoadOptions({ url: URL, ...flags }).behaviour;
}

function problemsOf(
  flags: LoadFlags,
  script?: { readonly name: string; readonly options: unknown; readonly exports: [] },
) {
  try {
    planLoad({ flags: { ...flags }, script });
  } catch (error) {
    if (error instanceof WsgError && error.code === 'options.invalid') return error.problems;
    throw error;
  }
  return [];
}

describe('the settings of built-in scenarios', () => {
  it('have defaults, and are what flags and variables say', () => {
    expect(behaviourOf({ scenario: 'echo' })).toMatchObject({
      name: 'echo',
      rate: 1000,
      size: 64,
      isBinary: false,
      matching: 'id',
      answerTimeoutMs: 10_000,
      connectRate: 0,
    });
    const flags = { scenario: 'echo', rate: '0.5', size: '8', binary: true, match: 'order', answerTimeout: '3s' };
    expect(behaviourOf({ ...flags, connectRate: '20' })).toMatchObject({
      rate: 0.5,
      size: 8,
      isBinary: true,
      matching: 'order',
      answerTimeoutMs: 3000,
      connectRate: 20,
    });
    expect(parseLoadOptions({ scenario: 'echo' }, { WSG_RATE: '7' }).behaviour).toMatchObject({ rate: 7 });
    expect(behaviourOf({ scenario: 'idle' })).toMatchObject({ name: 'idle', connectRate: 1000 });
    expect(behaviourOf({ scenario: 'storm', every: '2s' })).toMatchObject({ name: 'storm', everyMs: 2000 });
  });

  it('of fan-out publish to the target unless told', () => {
    expect(behaviourOf({ scenario: 'fan-out', size: '50' })).toMatchObject({
      rate: 10,
      publish: {
        url: 'http://127.0.0.1:7777/send?all=true',
        method: 'POST',
        headers: [],
        body: `{{stamp}}${'.'.repeat(6)}`,
      },
    });
    const wishes = {
      publishUrl: 'https://x/y',
      publishMethod: 'PUT',
      publishBody: '<{{stamp}}>',
      publishHeaders: ['A:  b '],
    };
    expect(behaviourOf({ scenario: 'fan-out', ...wishes })).toMatchObject({
      publish: { url: 'https://x/y', method: 'PUT', headers: [['A', 'b']], body: '<{{stamp}}>' },
    });
  });

  it('make an arrival rate of the duration of churn, and leave its iterations alone', () => {
    const { scenarios } = parseLoadOptions({ scenario: 'churn', vus: '30', duration: '5s', rate: '40' });
    expect(scenarios).toMatchObject([
      {
        executor: 'constant-arrival-rate',
        rate: 40,
        timeUnitMs: 1000,
        durationMs: 5000,
        preAllocatedVus: 30,
        maxVus: 30,
      },
    ]);
    const counted = parseLoadOptions({ scenario: 'churn', vus: '3', iterations: '9' });
    expect(counted.scenarios).toMatchObject([{ executor: 'shared-iterations', iterations: 9 }]);
  });

  it('are refused by name where a scenario, or a script, has none', () => {
    expect(problemsOf({ scenario: 'idle', rate: '5', every: '1s' })).toEqual([
      'rate: the scenario idle does not have it; it goes with echo, churn, fan-out',
      'every: the scenario idle does not have it; it goes with storm',
    ]);
    expect(problemsOf({ size: '5' })).toEqual([
      'size: the scenario snapshot does not have it; it goes with echo, flood, fan-out',
    ]);
    const script = { name: 'a.js', options: {}, exports: [] } as const;
    expect(problemsOf({ rate: '5' }, { ...script, exports: [] })).toContain(
      'rate: a script decides this by itself; only --scenario obeys it',
    );
  });

  it('are refused when they make no sense, each with the way out', () => {
    expect(problemsOf({ scenario: 'echo', rate: '0', size: '15', match: 'best', answerTimeout: '0s' })).toEqual([
      "match: 'best' must be one of id, order",
      "rate: '0' must be a number greater than 0 and up to 10000000",
      "answerTimeout: '0s' is shorter than 0.001s",
    ]);
    expect(problemsOf({ scenario: 'echo', size: '15' })).toEqual([
      'size: 15 bytes are too few for an id, which takes 16; ask for more, or match answers in order with --match order',
    ]);
    expect(problemsOf({ scenario: 'echo', size: '7', binary: true })[0]).toContain(
      '7 bytes are too few for an id, which takes 8',
    );
    expect(problemsOf({ scenario: 'flood', size: '99999999' })[0]).toContain('is more than 16777216 bytes');
    const flags = {
      scenario: 'fan-out',
      publishUrl: 'ws://x',
      publishMethod: 'po st',
      publishBody: 'x',
      publishHeaders: ['a'],
    };
    expect(problemsOf({ ...flags, size: '64' }).map((problem) => problem.split(':')[0])).toEqual([
      'publishUrl',
      'publishMethod',
      'publishHeaders',
      'publishBody',
      'publishBody',
    ]);
  });

  it('refuse iterations where virtual users hold a connection for a time', () => {
    expect(problemsOf({ scenario: 'echo', iterations: '5' })).toEqual([
      'iterations: in echo every virtual user holds its connection for a time: give --duration or --stage instead',
    ]);
    expect(problemsOf({ scenario: 'idle', stages: ['5s:10', '5s:0'] })).toEqual([]);
    expect(problemsOf({ scenario: 'snapshot', iterations: '5' })).toEqual([]);
  });

  it('name the metrics that thresholds may be on', () => {
    const thresholds = (name: string) => ({ path: 'x', options: { thresholds: { [name]: ['p(95)<500'] } } });
    const plan = (scenario: string, metric: string) => planLoad({ flags: { scenario }, config: thresholds(metric) });
    expect(plan('echo', 'ws_rtt').plan.thresholds).toHaveLength(1);
    expect(() => plan('idle', 'ws_rtt')).toThrow(WsgError);
  });
});
