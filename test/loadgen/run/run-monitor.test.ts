import { describe, expect, it } from 'vitest';
import { RunMonitor } from '../../../src/loadgen/run/run-monitor.js';
import type { RunSnapshot } from '../../../src/summary/live/run-snapshot.js';
import { histogramOf, sampleHeader, sampleHealth, sampleSecond, snapshotRun } from '../../support/sample-run.js';
import { sampleSnapshots } from '../../support/run-snapshots.js';

const SLOW = { series: 'ws_connecting', expression: 'max<2', abortOnFail: false, delayAbortMs: 0 };

describe('RunMonitor', () => {
  it('reports after each second its response times and the totals so far', () => {
    const snapshots = sampleSnapshots(3);
    expect(snapshots.map(({ latencies }) => latencies.get('ws_connecting'))).toEqual(
      [1, 2, 3].map((ms) => ({ count: 1, p50: ms, p90: ms, p99: ms, max: ms })),
    );
    const [, , last] = snapshots;
    expect(last?.totals.counters).toMatchObject({ ws_msgs_received: 30, ws_sessions: 3 });
    expect(last?.totals.trends['ws_connecting']).toMatchObject({ count: 3, min: 1, max: 3 });
    expect(last?.lengthMs).toBe(1000);
  });

  it('judges thresholds on the totals so far', () => {
    expect(sampleSnapshots(2, [SLOW]).map(({ thresholds }) => thresholds[0]?.ok)).toEqual([true, false]);
  });

  it('merges the histograms of one second, except those of other times than response times', () => {
    const snapshots: RunSnapshot[] = [];
    const monitor = new RunMonitor([], (snapshot) => snapshots.push(snapshot));
    const series = 'ws_ping';
    monitor.writeHeader(sampleHeader());
    monitor.writeSecond(sampleSecond(0, 1));
    monitor.writeHistogram({ series, kind: 'response', second: 0, histogram: histogramOf([1]) });
    monitor.writeHistogram({ series, kind: 'lag', second: 0, histogram: histogramOf([100]) });
    monitor.writeHistogram({ series, kind: 'response', second: 0, histogram: histogramOf([5]) });
    monitor.writeHealth(sampleHealth(0));
    expect(snapshots[0]?.latencies.get(series)).toMatchObject({ count: 2, max: 5 });
  });

  it('reports once more at the end, with the totals of the run', () => {
    const snapshots: RunSnapshot[] = [];
    const monitor = new RunMonitor([], (snapshot) => snapshots.push(snapshot));
    const { end } = snapshotRun();
    monitor.writeEnd(end);
    expect(snapshots).toEqual([]);
    monitor.writeHeader(sampleHeader());
    monitor.writeSecond(sampleSecond(0, 1));
    monitor.writeHealth(sampleHealth(0));
    monitor.writeEnd(end);
    expect(snapshots.at(-1)).toMatchObject({ end: { reason: 'finished' }, totals: { durationMs: 60_000.45 } });
  });
});
