import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { summaryExport } from '../../../src/summary/k6/summary-export.js';
import { snapshotRun, trendOf } from '../../support/sample-run.js';

const run = snapshotRun();
const checks = [
  { name: 'status is 101', group: '', passes: 2, fails: 0 },
  { name: 'fits', group: '::outer::inner', passes: 1, fails: 3 },
];
const GIVEN = {
  ...run,
  thresholds: [
    { series: 'checks', expression: 'rate>0.9', aggregate: 'rate', value: 1, ok: true, aborted: false },
    { series: 'ws_ping', expression: 'max<1', aggregate: 'max', value: 3, ok: false, aborted: false },
  ],
  end: { ...run.end, totals: { ...run.end.totals, checks, trends: { ws_ping: trendOf([1, 2, 3]) } } },
};

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

describe('summaryExport', () => {
  it('has flat values by metric, and true for a threshold that was crossed', () => {
    const { metrics } = JSON.parse(summaryExport(GIVEN));
    expect(metrics.ws_sessions).toEqual({ count: 198, rate: expect.closeTo(198 / 60.00045) });
    expect(metrics.vus).toEqual({ value: 5, min: 5, max: 100 });
    expect(metrics.checks).toEqual({ value: 1, passes: 9_853_011, fails: 0, thresholds: { 'rate>0.9': false } });
    expect(Object.keys(metrics.ws_ping)).toEqual(['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'thresholds']);
    expect(metrics.ws_ping).toMatchObject({
      avg: 2,
      min: 1,
      med: expect.closeTo(2, 2),
      max: 3,
      thresholds: { 'max<1': true },
    });
  });

  it('has groups and checks by their names, with the MD5 of their paths', () => {
    const root = JSON.parse(summaryExport(GIVEN)).root_group;
    expect(root).toMatchObject({ name: '', path: '', id: 'd41d8cd98f00b204e9800998ecf8427e' });
    const path = '::status is 101';
    expect(root.checks).toEqual({
      'status is 101': { name: 'status is 101', path, id: md5(path), passes: 2, fails: 0 },
    });
    const inner = root.groups.outer.groups.inner;
    expect(inner).toMatchObject({ name: 'inner', path: '::outer::inner', groups: {} });
    expect(inner.checks.fits).toMatchObject({ path: '::outer::inner::fits', passes: 1, fails: 3 });
  });

  it('is indented by 4, has the columns asked for and what setup returned', () => {
    const text = summaryExport(GIVEN, { trendStats: 'count,p(99)', setupData: '{"token":"x"}' });
    expect(text).toMatch(/^\{\n {4}"root_group": \{\n {8}"name": "",/);
    const { metrics, setup_data: setup } = JSON.parse(text);
    expect(metrics.ws_ping).toMatchObject({ count: 3 });
    expect(setup).toEqual({ token: 'x' });
    expect(JSON.parse(summaryExport(GIVEN))).not.toHaveProperty('setup_data');
  });
});
