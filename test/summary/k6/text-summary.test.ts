import { describe, expect, it } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import type { Run, ThresholdRecord } from '../../../src/run-file/records.js';
import { Breakdown } from '../../../src/loadgen/metric/breakdown.js';
import { RunAccumulator } from '../../../src/loadgen/run/run-accumulator.js';
import { renderSummary } from '../../../src/summary/index.js';
import { sampleHeader, snapshotRun, trendOf } from '../../support/sample-run.js';

/** The run from which the contract's examples were taken. */
function exampleRun(): Run {
  const run = snapshotRun();
  const metrics = [
    ...sampleHeader().metrics,
    { name: 'my_gauge', type: 'gauge', contains: 'default' } as const,
    { name: 'my_rate', type: 'rate', contains: 'default' } as const,
  ];
  const totals: Run['end']['totals'] = {
    durationMs: 4019.62686,
    counters: { data_received: 3204, ws_msgs_sent: 115, 'ws_msgs_sent{kind:a}': 115, ws_msgs_received: 0 },
    gauges: { my_gauge: { value: 7, min: 7, max: 7 } },
    rates: { my_rate: { passes: 108, fails: 0 } },
    trends: { iteration_duration: trendOf([1000, 1000]), ws_connecting: trendOf([1.645, 7.355]) },
    checks: [
      { name: 'got msg', group: '', passes: 120, fails: 0 },
      { name: 'bad one', group: '', passes: 6, fails: 6 },
      { name: 'in group', group: '::my group', passes: 12, fails: 0 },
    ],
    iterations: { complete: 12, interrupted: 0 },
  };
  return { ...run, header: sampleHeader({ metrics }), end: { ...run.end, totals } };
}

function outcome(
  series: string,
  expression: string,
  result: Pick<ThresholdRecord, 'ok' | 'aggregate' | 'value'>,
): ThresholdRecord {
  return { series, expression, ...result, aborted: false };
}

const THRESHOLDS = [
  outcome('checks', 'rate>0.9', { ok: true, aggregate: 'rate', value: 138 / 144 }),
  outcome('ws_connecting', 'p(95)<500', { ok: true, aggregate: 'p(95)', value: 7.07 }),
  outcome('ws_connecting', 'p(99.9)<1', { ok: false, aggregate: 'p(99.9)', value: 7.355 }),
  outcome('ws_msgs_sent{kind:a}', 'count>10', { ok: true, aggregate: 'count', value: 115 }),
];

function judgedRun(thresholds: readonly ThresholdRecord[] = THRESHOLDS): Run {
  return { ...exampleRun(), thresholds };
}

describe('the classic summary', () => {
  it("is the snapshot's, character for character", () => {
    const run = snapshotRun();
    const { trends, ...totals } = run.end.totals;
    const { ws_ping: _ping, ...others } = trends;
    const text = renderSummary(
      { ...run, end: { ...run.end, totals: { ...totals, trends: others } } },
      {
        mode: 'legacy',
        colour: false,
      },
    );
    const lines = text.split('\n').filter((line) => !line.includes('avg='));
    expect(lines).toEqual([
      '',
      '     ✓ data is correct',
      '     ✓ status is 101',
      '',
      '     checks................: 100.00% ✓ 9853011      ✗ 0    ',
      '     data_received.........: 168 MB  2.8 MB/s',
      '     data_sent.............: 88 kB   1.5 kB/s',
      '     iterations............: 193     3.216643/s',
      '     vus...................: 5       min=5          max=100',
      '     vus_max...............: 100     min=100        max=100',
      '     ws_msgs_received......: 9852818 164212.40174/s',
      '     ws_msgs_sent..........: 2555    42.583014/s',
      '     ws_sessions...........: 198     3.299975/s',
      '',
      '',
    ]);
  });

  it("is the contract's example: groups, thresholds' marks, submetrics, padding kept", () => {
    const text = renderSummary(judgedRun(), { mode: 'legacy', colour: false });
    expect(text.split('\n')).toEqual([
      '',
      '     ✓ got msg',
      '     ✗ bad one',
      '      ↳  50% — ✓ 6 / ✗ 6',
      '',
      '     █ my group',
      '',
      '       ✓ in group',
      '',
      '   ✓ checks...............: 95.83%  ✓ 138       ✗ 6  ',
      '     data_received........: 3.2 kB  797 B/s',
      '     iteration_duration...: avg=1s    min=1s     med=1s    max=1s     p(90)=1s     p(95)=1s    ',
      '     my_gauge.............: 7       min=7       max=7',
      '     my_rate..............: 100.00% ✓ 108       ✗ 0  ',
      '   ✗ ws_connecting........: avg=4.5ms min=1.64ms med=4.5ms max=7.35ms p(90)=6.78ms p(95)=7.06ms',
      '     ws_msgs_sent.........: 115     28.609621/s',
      '     ✓ { kind:a }.........: 115     28.609621/s',
      '',
      '',
    ]);
  });

  it('shows a metric with a threshold although nothing was recorded', () => {
    const unrecorded = outcome('ws_ping', 'p(95)<1', { ok: true, aggregate: 'p(95)', value: null });
    expect(renderSummary(exampleRun(), { mode: 'legacy', colour: false })).not.toContain('ws_ping');
    const text = renderSummary(judgedRun([unrecorded]), { mode: 'legacy', colour: false });
    expect(text).toMatch(/ {3}✓ ws_ping\.+: avg=0s +min=0s/);
  });

  it('takes columns and units as k6 does, and refuses unknown columns by name', () => {
    const options = { mode: 'legacy', colour: false, timeUnit: 'ms', trendStats: 'count,p(99.9),max' } as const;
    expect(renderSummary(exampleRun(), options)).toContain(
      'iteration_duration...: count=2 p(99.9)=1000.00ms max=1000.00ms',
    );
    const wrong = (): string => renderSummary(exampleRun(), { ...options, trendStats: 'avg,p(101),mean' });
    expect(wrong).toThrow(WsgError);
    expect(wrong).toThrow('"p(101)", "mean"');
  });

  it('colours only when asked', () => {
    const escape = String.fromCharCode(27);
    expect(renderSummary(exampleRun(), { mode: 'legacy', colour: false })).not.toContain(escape);
    const text = renderSummary(judgedRun(), { mode: 'legacy', colour: true });
    expect(text).toContain(`${escape}[32m     ✓ got msg${escape}[39m`);
    expect(text).toContain(`${escape}[36m95.83%${escape}[39m`);
    expect(text).toContain(`${escape}[31m✗${escape}[39m ws_connecting`);
  });
});

describe("the summary of k6's newer versions", () => {
  it('has thresholds, totals and sections', () => {
    const text = renderSummary(judgedRun(), { mode: 'compact', colour: false });
    expect(text.split('\n')).toEqual([
      '',
      '',
      '  █ THRESHOLDS ',
      '',
      '    checks',
      "    ✓ 'rate>0.9' rate=95.83%",
      '',
      '    ws_connecting',
      "    ✓ 'p(95)<500' p(95)=7.07ms",
      "    ✗ 'p(99.9)<1' p(99.9)=7.35ms",
      '',
      '    ws_msgs_sent{kind:a}',
      "    ✓ 'count>10' count=115",
      '',
      '',
      '  █ TOTAL RESULTS ',
      '',
      '    checks_total.......: 144    35.824221/s',
      '    checks_succeeded...: 95.83% 138 out of 144',
      '    checks_failed......: 4.16%  6 out of 144',
      '',
      '    ✓ got msg',
      '    ✗ bad one',
      '      ↳  50% — ✓ 6 / ✗ 6',
      '    ✓ in group',
      '',
      '    CUSTOM',
      '    my_gauge.............: 7       min=7          max=7',
      '    my_rate..............: 100.00% 108 out of 108',
      '',
      '    EXECUTION',
      '    iteration_duration...: avg=1s    min=1s     med=1s    max=1s     p(90)=1s     p(95)=1s    ',
      '',
      '    NETWORK',
      '    data_received........: 3.2 kB  797 B/s',
      '',
      '    WEBSOCKET',
      '    ws_connecting........: avg=4.5ms min=1.64ms med=4.5ms max=7.35ms p(90)=6.78ms p(95)=7.06ms',
      '    ws_msgs_sent.........: 115     28.609621/s',
      '      { kind:a }.........: 115     28.609621/s',
      '',
      '',
      '',
    ]);
  });

  it('names groups in which nothing was checked', () => {
    const run = exampleRun();
    const totals = { ...run.end.totals, groups: ['::my group', '::quiet::inner', '::quiet'] };
    const text = renderSummary({ ...run, end: { ...run.end, totals } }, { mode: 'legacy', colour: false });
    expect(text).toContain('       ✓ in group\n\n     █ quiet\n\n       █ inner\n\n   ');
  });

  it('says nothing when disabled', () => {
    expect(renderSummary(exampleRun(), { mode: 'disabled', colour: false })).toBe('');
  });

  it('shows checks of one name as one, and no group durations', () => {
    const run = exampleRun();
    const checks = [...run.end.totals.checks, { name: 'bad one', group: '::my group', passes: 1, fails: 0 }];
    const trends = { ...run.end.totals.trends, group_duration: trendOf([1]) };
    const told = { ...run, end: { ...run.end, totals: { ...run.end.totals, checks, trends } } };
    for (const mode of ['compact', 'full'] as const) {
      const text = renderSummary(told, { mode, colour: false });
      expect(text, mode).toContain('    ✗ bad one\n      ↳  53% — ✓ 7 / ✗ 6\n');
      expect(text.match(/bad one/g), mode).toHaveLength(1);
      expect(text, mode).not.toContain('group_duration');
    }
  });
});

/** The layout is that of k6 1.3.0 for the same samples. */
describe('the full summary', () => {
  function fullLines(samples: readonly (readonly [metric: string, scenario: string, group: string, check?: string])[]) {
    const breakdown = new Breakdown();
    for (const [name, scenario, group, check] of samples) {
      const tags = new Map(Object.entries({ scenario, group, ...(check !== undefined && { check }) }));
      const type = name === 'checks' ? 'rate' : 'counter';
      breakdown.tap({ name, type, contains: 'default' }, check === 'bad' ? 0 : 1, tags);
    }
    const accumulator = new RunAccumulator();
    accumulator.add(breakdown.drain());
    const run = snapshotRun();
    const parts = accumulator.totals(1000, run.end.totals.iterations);
    const text = renderSummary(run, { mode: 'full', colour: false, breakdown: parts });
    const lines = text.split('\n');
    return lines.slice(lines.findIndex((line) => /█ (GROUP|SCENARIO)/.test(line)) - 1);
  }

  it('repeats itself for each scenario by name, and in it for each group', () => {
    expect(
      fullLines([
        ['ws_sessions', 's2', '::outer::inner'],
        ['checks', 's2', '::outer::inner', 'good'],
        ['checks', 's2', '::outer::inner', 'bad'],
        ['my_counter', 's1', ''],
      ]),
    ).toEqual([
      '',
      '  █ SCENARIO: s1 ',
      '',
      '    CUSTOM',
      '    my_counter...: 1 1/s',
      '',
      '',
      '  █ SCENARIO: s2 ',
      '',
      '    checks_total.......: 2      2/s',
      '    checks_succeeded...: 50.00% 1 out of 2',
      '    checks_failed......: 50.00% 1 out of 2',
      '',
      '    ✓ good',
      '    ✗ bad',
      '      ↳  0% — ✓ 0 / ✗ 1',
      '',
      '    WEBSOCKET',
      '    ws_sessions...: 1 1/s',
      '',
      '    ↳ GROUP: outer ',
      '',
      '      ↳ GROUP: inner ',
      '',
      '        checks_total.......: 2      2/s',
      '        checks_succeeded...: 50.00% 1 out of 2',
      '        checks_failed......: 50.00% 1 out of 2',
      '',
      '        ✓ good',
      '        ✗ bad',
      '              ↳  0% — ✓ 0 / ✗ 1',
      '',
      '        WEBSOCKET',
      '        ws_sessions...: 1 1/s',
      '',
      '',
      '',
    ]);
  });

  it('does not repeat the scenario of the short options, whose groups stand for themselves', () => {
    expect(
      fullLines([
        ['iterations', 'default', ''],
        ['ws_sessions', 'default', '::only'],
      ]),
    ).toEqual(['', '  █ GROUP: only ', '', '    WEBSOCKET', '    ws_sessions...: 1 1/s', '', '', '']);
  });

  it('takes metrics and groups of any name', () => {
    const lines = fullLines([['__proto__', 'default', '::__proto__']]);
    expect(lines).toContain('  █ GROUP: __proto__ ');
    expect(lines).toContain('    __proto__...: 1 1/s');
  });
});
