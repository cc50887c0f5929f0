import { describe, expect, it } from 'vitest';
import { dashboardPage } from '../../../src/summary/page/dashboard-page.js';
import { dashboardSecond } from '../../../src/summary/page/dashboard-second.js';
import { sampleHeader, snapshotRun } from '../../support/sample-run.js';
import { sampleSnapshot } from '../../support/run-snapshots.js';

const CROSSED = { series: 'ws_connecting', expression: 'max<2', abortOnFail: false, delayAbortMs: 0 };

describe('dashboardSecond', () => {
  it('has a chart for users, each rate, each time, what failed, and the generator', () => {
    const second = dashboardSecond(sampleSnapshot(3, [CROSSED]));
    const lines = Object.fromEntries(second.charts.map((chart) => [`${chart.group}: ${chart.title}`, chart.lines]));
    expect(lines).toEqual({
      'load: virtual users': { vus: 3 },
      'rates: ws_msgs_received (1/s)': { rate: 10 },
      'rates: ws_msgs_sent (1/s)': { rate: 2 },
      'rates: ws_sessions (1/s)': { rate: 1 },
      'rates: iterations (1/s)': { rate: 1 },
      'rates: data_received (bytes/s)': { rate: 170 },
      'rates: data_sent (bytes/s)': { rate: 10 },
      'response times: ws_connecting (ms)': { p50: 3, p90: 3, p99: 3, max: 3 },
      'shares: checks (failed, %)': { failed: expect.closeTo(100 / 11) },
      'generator: event loop (%)': { busy: 30 },
      'generator: schedule lag (ms)': { p99: 1.5 },
    });
    expect(second).toMatchObject({
      seconds: 3,
      thresholds: [{ text: 'ws_connecting max<2', ok: false }],
      health: { verdict: 'healthy', text: 'event loop 30%, schedule lag p99 1.5ms' },
      checks: '90.90% passed, 3 failed',
    });
  });

  it('tells how the run ended, and draws no second twice', () => {
    const second = dashboardSecond({ ...sampleSnapshot(), end: snapshotRun().end });
    expect(second).toMatchObject({ charts: [], end: 'finished' });
  });
});

describe('dashboardPage', () => {
  it('escapes what comes from a plan, and does not say where the target is', () => {
    const target = { given: 'ws://127.0.0.1/?token=secret', normalised: 'ws://127.0.0.1/?token=secret' };
    const page = dashboardPage(sampleHeader({ scenario: '<b>"x"', description: ['a & b'], target }));
    expect(page).toContain('&lt;b&gt;&quot;x&quot;');
    expect(page).toContain('<li>a &amp; b</li>');
    expect(page).not.toContain('secret');
  });
});
