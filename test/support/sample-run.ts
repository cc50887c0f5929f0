import { Histogram } from '../../src/core/histogram/histogram.js';
import type {
  CheckFigures,
  GatewayRecord,
  HealthRecord,
  HistogramKind,
  MetricDefinition,
  Run,
  RunEnd,
  RunHeader,
  SecondRecord,
  TrendFigures,
  TrendTotals,
} from '../../src/run-file/records.js';

/** A histogram of the values, in milliseconds. */
export function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** The totals of a trend with these samples as response times, and with those of other kinds. */
export function trendOf(
  values: readonly number[],
  others: Partial<Record<HistogramKind, readonly number[]>> = {},
): TrendTotals {
  const histogram = histogramOf(values);
  const histograms: Partial<Record<HistogramKind, Histogram>> = { response: histogram };
  if (others.service !== undefined) histograms.service = histogramOf(others.service);
  if (others.lag !== undefined) histograms.lag = histogramOf(others.lag);
  return { ...figuresOf(histogram), histograms };
}

function figuresOf({ count, min, max, sum }: Histogram): TrendFigures {
  return { count, min, max, sum };
}

const METRICS: readonly MetricDefinition[] = [
  { name: 'checks', type: 'rate', contains: 'default' },
  { name: 'data_received', type: 'counter', contains: 'data' },
  { name: 'data_sent', type: 'counter', contains: 'data' },
  { name: 'iteration_duration', type: 'trend', contains: 'time' },
  { name: 'iterations', type: 'counter', contains: 'default' },
  { name: 'vus', type: 'gauge', contains: 'default' },
  { name: 'vus_max', type: 'gauge', contains: 'default' },
  { name: 'ws_connecting', type: 'trend', contains: 'time' },
  { name: 'ws_msgs_received', type: 'counter', contains: 'default' },
  { name: 'ws_msgs_sent', type: 'counter', contains: 'default' },
  { name: 'ws_ping', type: 'trend', contains: 'time' },
  { name: 'ws_session_duration', type: 'trend', contains: 'time' },
  { name: 'ws_sessions', type: 'counter', contains: 'default' },
];

/** A header with the plan of the snapshot; `changes` replace its keys. */
export function sampleHeader(changes: Partial<RunHeader> = {}): RunHeader {
  return {
    format: '1.0',
    startedAt: '2024-04-09T00:14:01.000Z',
    scenario: 'snapshot',
    plan: { behaviour: 'snapshot' },
    planHash: 'f00d',
    target: { given: 'ws://127.0.0.1:5000/connect', normalised: 'ws://127.0.0.1:5000/connect' },
    vus: 100,
    durationMs: 30_000,
    description: ['default: 100 looping VUs for 30s (gracefulStop: 30s)'],
    seed: 1,
    warmupMs: 0,
    compression: false,
    tls: false,
    threads: 1,
    machine: { platform: 'linux', arch: 'x64', cpuModel: 'a processor', cpus: 2, memoryBytes: 24 * 2 ** 30 },
    node: 'v20.20.2',
    version: '0.1.0',
    client: 'ws 8.23.0',
    metrics: METRICS,
    ...changes,
  };
}

/** A healthy second of the generator. */
export function sampleHealth(second: number, changes: Partial<HealthRecord> = {}): HealthRecord {
  return {
    second,
    eventLoopUse: 0.3,
    scheduleLag: { count: 40, p50: 0.4, p99: 1.5, max: 3.25 },
    gcMs: 2,
    cpuProcess: 0.5,
    cpuMachine: 1.2,
    rssBytes: 97_000_000,
    verdict: 'healthy',
    ...changes,
  };
}

/** A second of ten received messages and one session that took `connectingMs`. */
export function sampleSecond(second: number, connectingMs: number): SecondRecord {
  return {
    second,
    elapsedMs: (second + 1) * 1000,
    counters: {
      ws_msgs_received: 10,
      ws_msgs_sent: 2,
      ws_sessions: 1,
      iterations: 1,
      data_received: 170,
      data_sent: 10,
    },
    gauges: { vus: { value: second + 1, min: second, max: second + 1 } },
    rates: { checks: { passes: 10, fails: 1 } },
    trends: { ws_connecting: figuresOf(histogramOf([connectingMs])) },
    checks: [{ name: 'data is correct', group: '', passes: 10, fails: 1 }],
  };
}

/** The gateway's second to `sampleSecond`. */
export function sampleGatewaySecond(second: number): GatewayRecord {
  return { second, sent: 10, received: 2, dropped: 0, connections: 1 };
}

const CHECKS: readonly CheckFigures[] = [
  { name: 'data is correct', group: '', passes: 9_852_818, fails: 0 },
  { name: 'status is 101', group: '', passes: 193, fails: 0 },
];

/** The run of the performance snapshot, with trends of a few samples. */
export function snapshotRun(changes: Partial<RunEnd> = {}): Run {
  const end: RunEnd = {
    reason: 'finished',
    totals: {
      durationMs: 60_000.45,
      counters: {
        data_received: 168_000_000,
        data_sent: 88_000,
        iterations: 193,
        ws_msgs_received: 9_852_818,
        ws_msgs_sent: 2555,
        ws_sessions: 198,
      },
      gauges: { vus: { value: 5, min: 5, max: 100 }, vus_max: { value: 100, min: 100, max: 100 } },
      rates: { checks: { passes: 9_853_011, fails: 0 } },
      trends: {
        iteration_duration: trendOf([5000, 20_000, 40_000]),
        ws_connecting: trendOf([0.24529, 5.12, 8.12]),
        ws_ping: trendOf([1, 2, 3], { service: [0.5, 1, 2], lag: [0.5, 1, 1] }),
        ws_session_duration: trendOf([5000, 20_000, 40_000]),
      },
      checks: CHECKS,
      iterations: { complete: 193, interrupted: 5 },
    },
    health: { verdict: 'healthy', reasons: [], saturatedSeconds: [] },
    ...changes,
  };
  const health = [sampleHealth(0), sampleHealth(1, { eventLoopUse: 0.5, cpuProcess: 0.9 })];
  return {
    header: sampleHeader(),
    seconds: [sampleSecond(0, 1)],
    health,
    gateway: [],
    events: [],
    thresholds: [],
    end,
    complete: true,
  };
}
