import type { Run } from '../../run-file/records.js';
import { checkTree, type CheckGroup } from './check-tree.js';
import { compareWithGateway } from '../sections/gateway-section.js';
import { latencySeries, type LatencySeries, TABLE_PERCENTILES } from '../sections/hdr-table.js';
import { createHash } from 'node:crypto';
import { summaryMetrics, type SummaryMetric } from './summary-metric.js';
import { DEFAULT_TREND_STATS, parseTrendStats, type TrendStat } from './trend-stats.js';
import type { TimeUnit } from '../terminal/format-value.js';

export interface SummaryJsonOptions {
  readonly trendStats?: string;
  readonly timeUnit?: TimeUnit;
  readonly colour?: boolean;
  readonly isStdoutTerminal?: boolean;
  readonly isStderrTerminal?: boolean;
}

/**
 * A run as the input of k6's `handleSummary`, in plain JSON; additional keys are under `wsg`.
 * Stable: docs/reference/summary-json.md. Throws `options.invalid` on unknown trend columns.
 */
export function summaryJson(run: Run, options: SummaryJsonOptions = {}): Record<string, unknown> {
  const stats = parseTrendStats(options.trendStats ?? DEFAULT_TREND_STATS);
  const metrics = summaryMetrics(run);
  return {
    root_group: groupJson(checkTree(run.end.totals)),
    options: {
      summaryTrendStats: stats.map(({ name }) => name),
      summaryTimeUnit: options.timeUnit ?? '',
      noColor: options.colour !== true,
    },
    state: {
      isStdOutTTY: options.isStdoutTerminal ?? false,
      isStdErrTTY: options.isStderrTerminal ?? false,
      testRunDurationMs: run.end.totals.durationMs,
    },
    metrics: Object.fromEntries(metrics.map((metric) => [metric.name, metricJson(metric, stats)])),
    wsg: wsgJson(run),
  };
}

function groupJson({ name, path, checks, groups }: CheckGroup): Record<string, unknown> {
  return {
    name,
    path,
    id: pathId(path),
    groups: groups.map(groupJson),
    checks: checks.map((check) => {
      const checkPath = `${path}::${check.name}`;
      return { name: check.name, path: checkPath, id: pathId(checkPath), passes: check.passes, fails: check.fails };
    }),
  };
}

/** k6 identifies groups and checks by the MD5 of their path. */
export function pathId(path: string): string {
  return createHash('md5').update(path).digest('hex');
}

function metricJson(metric: SummaryMetric, stats: readonly TrendStat[]): Record<string, unknown> {
  const thresholds = Object.fromEntries(metric.thresholds.map(({ expression, ok }) => [expression, { ok }]));
  return {
    type: metric.values.type,
    contains: metric.contains,
    values: valuesJson(metric, stats),
    ...(metric.thresholds.length > 0 ? { thresholds } : {}),
  };
}

/** The values of a series in k6's summary. */
export function valuesJson({ values }: SummaryMetric, stats: readonly TrendStat[]): Record<string, unknown> {
  switch (values.type) {
    case 'counter':
      return { count: values.count, rate: values.perSecond };
    case 'gauge':
      return { value: values.value, min: values.min, max: values.max };
    case 'rate':
      return { rate: values.share, passes: values.passes, fails: values.fails };
    case 'trend':
      return Object.fromEntries(stats.map((stat) => [stat.name, stat.of(values.trend) ?? null]));
  }
}

function wsgJson(run: Run): Record<string, unknown> {
  const { header, end } = run;
  return {
    version: header.version,
    scenario: header.scenario,
    startedAt: header.startedAt,
    target: header.target ?? null,
    plan: header.plan,
    planHash: header.planHash,
    seed: header.seed,
    vus: header.vus,
    durationMs: header.durationMs,
    threads: header.threads,
    node: header.node,
    client: header.client,
    machine: header.machine,
    complete: run.complete,
    end: { reason: end.reason, detail: end.detail ?? null },
    iterations: end.totals.iterations,
    valid: end.health.verdict !== 'saturated' && end.invalid === undefined,
    ...(end.invalid !== undefined && { invalid: end.invalid }),
    ...partJson(run),
    health: end.health,
    gateway: compareWithGateway(run) ?? null,
    latency: latenciesJson(run),
    events: run.events,
  };
}

/** The part of the plan that ran, or the parts of a merged run; nothing for a whole plan. */
function partJson({ header: { segment, shard, shards, share } }: Run): Record<string, unknown> {
  return {
    ...(segment !== undefined && { segment }),
    ...(shard !== undefined && { shard }),
    ...(shards !== undefined && { shards, share: share ?? 1 }),
  };
}

function latenciesJson(run: Run): Record<string, unknown>[] {
  const all: Record<string, unknown>[] = [];
  for (const series of latencySeries(run)) all.push(latencyJson(series));
  return all;
}

function latencyJson({ name, kind, histogram }: LatencySeries): Record<string, unknown> {
  return {
    name,
    kind,
    count: histogram.count,
    min: histogram.min,
    max: histogram.max,
    mean: histogram.mean,
    standardDeviation: histogram.standardDeviation,
    overflow: histogram.overflow,
    refused: histogram.refused,
    percentiles: Object.fromEntries(TABLE_PERCENTILES.map((p) => [`p${p}`, histogram.valueAtPercentile(p)])),
  };
}
