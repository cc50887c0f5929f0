import type {
  Calibration,
  CheckFigures,
  GaugeFigures,
  GatewayRecord,
  HealthRecord,
  HistogramKind,
  MergedShard,
  RateFigures,
  RunEnd,
  RunEventRecord,
  RunHeader,
  RunMachine,
  RunSegment,
  RunShard,
  RunTotals,
  SecondRecord,
  ThresholdRecord,
  TrendFigures,
} from './records.js';
import {
  anything,
  fieldsOf,
  flag,
  listOf,
  nullable,
  number,
  objectOf,
  oneOf,
  optional,
  recordOf,
  text,
  type Shape,
} from './payload-shape.js';

/** An end record in the file; the histograms of its trends are in `total` records. */
export interface EndPayload extends Omit<RunEnd, 'totals'> {
  readonly totals: Omit<RunTotals, 'trends'> & { readonly trends: Readonly<Record<string, TrendFigures>> };
}

/** Hot path: a figure for each trend and second of a run; see bench/report. */
const trendFigures: Shape<TrendFigures> = (value) => {
  const { count, min, max, sum } = fieldsOf(value);
  return { count: number(count), min: number(min), max: number(max), sum: number(sum) };
};

const gaugeFigures = objectOf<GaugeFigures>({ value: number, min: number, max: number, at: optional(number) });
const rates = { passes: number, fails: number };
const rateFigures = objectOf<RateFigures>(rates);
const checkFigures = objectOf<CheckFigures>({ ...rates, name: text, group: text });
const verdict = oneOf('healthy', 'strained', 'saturated');
const runVerdict = oneOf('healthy', 'strained', 'saturated', 'unjudged');

const addedFigures = {
  counters: recordOf(number),
  gauges: recordOf(gaugeFigures),
  rates: recordOf(rateFigures),
  trends: recordOf(trendFigures),
  checks: listOf(checkFigures),
};

export const histogramKind: Shape<HistogramKind> = oneOf('response', 'service', 'lag');

export const seriesPayload: Shape<{ id: number; name: string }> = objectOf({ id: number, name: text });

export const calibrationPayload: Shape<Calibration> = objectOf({
  at: text,
  floorP50Ms: number,
  floorP99Ms: number,
  messagesPerSecond: number,
});

const machine = objectOf<RunMachine>({
  platform: text,
  arch: text,
  cpuModel: text,
  cpus: number,
  memoryBytes: number,
});

const segment = objectOf<RunSegment>({
  text,
  period: number,
  from: number,
  to: number,
  description: listOf(text),
});

const shard = objectOf<RunShard>({
  index: number,
  count: number,
  clockOffsetMs: optional(number),
  clockErrorMs: optional(number),
});

const mergedShard = objectOf<MergedShard>({
  index: number,
  segment: text,
  machine,
  node: text,
  version: text,
  startedAt: text,
  clockOffsetMs: optional(number),
  health: optional(runVerdict),
});

export const headerPayload: Shape<RunHeader> = objectOf({
  format: text,
  startedAt: text,
  scenario: text,
  plan: recordOf(anything),
  planHash: text,
  segment: optional(segment),
  shard: optional(shard),
  shards: optional(listOf(mergedShard)),
  share: optional(number),
  scriptHash: optional(text),
  target: optional(objectOf({ given: text, normalised: text })),
  vus: number,
  durationMs: number,
  description: listOf(text),
  seed: number,
  warmupMs: number,
  compression: flag,
  tls: flag,
  threads: number,
  machine,
  labels: optional(recordOf(text)),
  calibration: optional(calibrationPayload),
  node: text,
  version: text,
  client: text,
  metrics: listOf(
    objectOf({
      name: text,
      type: oneOf('counter', 'gauge', 'rate', 'trend'),
      contains: oneOf('default', 'time', 'data'),
    }),
  ),
});

export const secondPayload: Shape<SecondRecord> = objectOf({
  second: number,
  elapsedMs: number,
  ...addedFigures,
});

export const healthPayload: Shape<HealthRecord> = objectOf({
  second: number,
  eventLoopUse: number,
  scheduleLag: objectOf({ count: number, p50: number, p99: number, max: number }),
  gcMs: number,
  cpuProcess: number,
  cpuMachine: optional(number),
  rssBytes: number,
  cpuStolen: optional(number),
  throttledMs: optional(number),
  openFiles: optional(number),
  backlogBytes: optional(number),
  begun: optional(number),
  planned: optional(number),
  shard: optional(number),
  verdict,
});

const gatewayCounts = { sent: number, received: number, dropped: number };

export const gatewayPayload: Shape<GatewayRecord> = objectOf({
  second: number,
  sent: number,
  received: number,
  dropped: number,
  connections: number,
});

export const eventPayload: Shape<RunEventRecord> = objectOf({
  elapsedMs: number,
  kind: oneOf('stall', 'interruption', 'warning'),
  text: text,
});

export const thresholdPayload: Shape<ThresholdRecord> = objectOf({
  series: text,
  expression: text,
  aggregate: text,
  value: nullable(number),
  ok: flag,
  aborted: flag,
});

export const endPayload: Shape<EndPayload> = objectOf({
  reason: oneOf('finished', 'stopped-by-signal', 'cut-by-signal', 'thresholds-crossed', 'aborted-by-script', 'failed'),
  detail: optional(text),
  totals: objectOf({
    durationMs: number,
    ...addedFigures,
    groups: optional(listOf(text)),
    iterations: objectOf({ complete: number, interrupted: number }),
  }),
  health: objectOf({
    verdict: runVerdict,
    reasons: listOf(text),
    saturatedSeconds: listOf(number),
    shard: optional(number),
  }),
  gateway: optional(objectOf({ ...gatewayCounts, before: optional(objectOf(gatewayCounts)) })),
  invalid: optional(listOf(text)),
});
