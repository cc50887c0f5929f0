import { expect, it } from 'vitest';
import { DURATION_BOUNDS_S, DurationCounts } from '../../../src/gateway/metrics/duration-counts.js';
import { MetricRegistry } from '../../../src/gateway/metrics/metric-registry.js';

it('a duration counts in the first bucket whose bound is not smaller, and above all bounds in the last bucket', () => {
  const durations = new DurationCounts();
  durations.record(0.1);
  durations.record(0.11);
  durations.record(10_000);
  durations.record(10_001);
  expect([...durations.counts]).toEqual([1, 1, ...Array.from({ length: DURATION_BOUNDS_S.length - 3 }, () => 0), 1, 1]);
  expect(durations.sumS).toBeCloseTo(20.00121, 9);
});

it('Prometheus gets cumulative buckets in seconds, their sum and their count', async () => {
  const durations = new DurationCounts();
  durations.record(0.2);
  durations.record(300);
  durations.record(60_000);
  const metrics = new MetricRegistry();
  metrics.durations({ name: 'work_duration_seconds', help: 'Work' }, durations);
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '');
  expect(lines.slice(0, 5)).toEqual([
    '# HELP work_duration_seconds Work',
    '# TYPE work_duration_seconds histogram',
    'work_duration_seconds_bucket{le="0.0001"} 0',
    'work_duration_seconds_bucket{le="0.00025"} 1',
    'work_duration_seconds_bucket{le="0.0005"} 1',
  ]);
  expect(lines.slice(-4)).toEqual([
    'work_duration_seconds_bucket{le="10"} 2',
    'work_duration_seconds_bucket{le="+Inf"} 3',
    'work_duration_seconds_sum 60.3002',
    'work_duration_seconds_count 3',
  ]);
});
