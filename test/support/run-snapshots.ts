import type { RunSnapshot } from '../../src/summary/live/run-snapshot.js';
import { RunMonitor } from '../../src/loadgen/run/run-monitor.js';
import type { ThresholdPlan } from '../../src/summary/k6/threshold.js';
import { histogramOf, sampleHeader, sampleHealth, sampleSecond } from './sample-run.js';

/**
 * The snapshots of a run. In each second one session connects, which takes n + 1 ms in second n.
 */
export function sampleSnapshots(seconds: number, thresholds: readonly ThresholdPlan[] = []): RunSnapshot[] {
  const snapshots: RunSnapshot[] = [];
  const monitor = new RunMonitor(thresholds, (snapshot) => snapshots.push(snapshot));
  monitor.writeHeader(sampleHeader());
  for (let second = 0; second < seconds; second += 1) {
    const connectingMs = second + 1;
    monitor.writeSecond(sampleSecond(second, connectingMs));
    const histogram = histogramOf([connectingMs]);
    monitor.writeHistogram({ series: 'ws_connecting', kind: 'response', second, histogram });
    monitor.writeHealth(sampleHealth(second));
  }
  return snapshots;
}

/** The last of these snapshots. */
export function sampleSnapshot(seconds = 1, thresholds: readonly ThresholdPlan[] = []): RunSnapshot {
  const last = sampleSnapshots(seconds, thresholds).at(-1);
  if (last === undefined) throw new Error('a run without a second has no snapshot');
  return last;
}
