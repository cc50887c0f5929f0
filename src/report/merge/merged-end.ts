import { Histogram } from '../../core/histogram/histogram.js';
import { ValueSketch } from '../../core/histogram/value-sketch.js';
import { listOf, flag, number, objectOf, text } from '../../run-file/payload-shape.js';
import type {
  EndReason,
  GatewayCounts,
  GatewayTotals,
  HistogramKind,
  RunEnd,
  RunHealth,
  RunTotals,
  RunVerdict,
  TrendTotals,
} from '../../run-file/records.js';
import type { SecondsSum } from '../../run-file/sum-seconds.js';
import type { ThresholdPlan } from '../../summary/k6/threshold.js';
import { shardName, type ShardRun } from './shard-run.js';

/** The first of these reasons stands for all shards. */
const REASONS: readonly EndReason[] = [
  'failed',
  'cut-by-signal',
  'stopped-by-signal',
  'aborted-by-script',
  'thresholds-crossed',
  'finished',
];
const SEVERITY: readonly RunVerdict[] = ['healthy', 'unjudged', 'strained', 'saturated'];
const KINDS: readonly HistogramKind[] = ['response', 'service', 'lag'];

/** The parts of a merged run's end that are not in the shards' own. */
export interface MergedEndOptions {
  /** Sum of the merged seconds. */
  readonly sum: SecondsSum;
  /** Seconds by which a shard started after the first one. */
  readonly shiftOf: (shard: ShardRun) => number;
  readonly invalid: readonly string[];
}

/** The end of a merged run: the totals of all shards, and the worst health and reason of any. */
export function mergedEnd(shards: readonly ShardRun[], { sum, shiftOf, invalid }: MergedEndOptions): RunEnd {
  const totals: RunTotals = {
    ...sum.figures,
    durationMs: Math.max(...shards.map((shard) => shard.end.totals.durationMs + shiftOf(shard) * 1000)),
    trends: mergedTrends(sum.figures.trends, shards),
    ...groupsOf(shards),
    iterations: {
      complete: total(shards, ({ iterations }) => iterations.complete),
      interrupted: total(shards, ({ iterations }) => iterations.interrupted),
    },
  };
  const gateway = mergedGateway(shards);
  return {
    ...worstReason(shards),
    totals,
    health: worstRunHealth(shards, shiftOf),
    ...(gateway !== undefined && { gateway }),
    ...(invalid.length > 0 && { invalid }),
  };
}

/**
 * The increase of the gateway's counters from the start of the first shard to the end of the last
 * one. All shards watch the same gateway, each from its own start to its own end. A shard without
 * the counters at its start leaves only the view of one shard.
 */
function mergedGateway(shards: readonly ShardRun[]): GatewayTotals | undefined {
  const views = shards.flatMap(({ end }) => end.gateway ?? []);
  const starts = views.flatMap(({ before }) => before ?? []);
  if (views.length === 0 || starts.length < views.length) return gatewayShard(shards)?.end.gateway;
  const before = eachCount((name) => Math.min(...starts.map((start) => start[name])));
  const last = eachCount((name) => Math.max(...views.map((view) => (view.before?.[name] ?? 0) + view[name])));
  return { ...eachCount((name) => last[name] - before[name]), before };
}

function eachCount(countOf: (name: keyof GatewayCounts) => number): GatewayCounts {
  return { sent: countOf('sent'), received: countOf('received'), dropped: countOf('dropped') };
}

/**
 * The shard whose view of the gateway's seconds counts: the largest counts cover most of the run.
 */
export function gatewayShard(shards: readonly ShardRun[]): ShardRun | undefined {
  const size = ({ sent, received, dropped }: GatewayTotals): number => sent + received + dropped;
  return shards.reduce<ShardRun | undefined>((known, next) => {
    if (next.end.gateway === undefined) return known;
    return known?.end.gateway === undefined || size(next.end.gateway) > size(known.end.gateway) ? next : known;
  }, undefined);
}

const thresholdPlans = listOf<ThresholdPlan>(
  objectOf({ series: text, expression: text, abortOnFail: flag, delayAbortMs: number }),
);

/** The thresholds of the plan, as its run file has them. */
export function plannedThresholds({ header }: ShardRun): readonly ThresholdPlan[] {
  return thresholdPlans(header.plan['thresholds'] ?? []);
}

/** A truncated shard has no reason of its own: that makes the merged run invalid. */
function worstReason(shards: readonly ShardRun[]): Pick<RunEnd, 'reason' | 'detail'> {
  const ended = shards.filter(({ complete }) => complete);
  const reason = REASONS.find((known) => ended.some(({ end }) => end.reason === known)) ?? 'failed';
  const named = ended.find(({ end }) => end.reason === reason && end.detail !== undefined);
  return { reason, ...(named !== undefined && { detail: `${shardName(named)}: ${named.end.detail}` }) };
}

function worstRunHealth(shards: readonly ShardRun[], shiftOf: MergedEndOptions['shiftOf']): RunHealth {
  const rank = ({ end }: ShardRun): number => SEVERITY.indexOf(end.health.verdict);
  const [worst] = shards.toSorted((left, right) => rank(right) - rank(left));
  if (worst === undefined) throw new Error('a merged run has a shard');
  const { verdict, reasons, saturatedSeconds } = worst.end.health;
  const shift = shiftOf(worst);
  return {
    verdict,
    reasons: reasons.map((reason) => `shard ${worst.number}: ${reason}`),
    saturatedSeconds: saturatedSeconds.map((second) => second + shift),
    shard: worst.number,
  };
}

function total(shards: readonly ShardRun[], of: (totals: RunTotals) => number): number {
  return shards.reduce((sum, { end }) => sum + of(end.totals), 0);
}

function groupsOf(shards: readonly ShardRun[]): Pick<RunTotals, 'groups'> {
  const groups = [...new Set(shards.flatMap(({ end }) => end.totals.groups ?? []))];
  return groups.length > 0 ? { groups } : {};
}

function mergedTrends(
  figures: Readonly<Record<string, Omit<TrendTotals, 'histograms' | 'sketch'>>>,
  shards: readonly ShardRun[],
): RunTotals['trends'] {
  return Object.fromEntries(
    Object.entries(figures).map(([series, own]): [string, TrendTotals] => {
      const parts = shards.flatMap(({ end }) => end.totals.trends[series] ?? []);
      const sketch = sumSketches(parts);
      return [series, { ...own, histograms: sumOnAccess(parts), ...(sketch && { sketch }) }];
    }),
  );
}

/** Adds up the histograms when one is read: those of ten thousand series would take gigabytes. */
function sumOnAccess(parts: readonly TrendTotals[]): TrendTotals['histograms'] {
  const sums: Partial<Record<HistogramKind, Histogram>> = {};
  for (const kind of KINDS) {
    if (!parts.some(({ histograms }) => kind in histograms)) continue;
    Object.defineProperty(sums, kind, { enumerable: true, get: () => sumHistograms(parts, kind) });
  }
  return sums;
}

function sumHistograms(parts: readonly TrendTotals[], kind: HistogramKind): Histogram {
  const sum = new Histogram();
  for (const { histograms } of parts) {
    const part = histograms[kind];
    if (part !== undefined) sum.add(part);
  }
  return sum;
}

function sumSketches(parts: readonly TrendTotals[]): ValueSketch | undefined {
  const sketches = parts.flatMap(({ sketch }) => sketch ?? []);
  if (sketches.length === 0) return undefined;
  const sum = new ValueSketch();
  for (const sketch of sketches) sum.add(sketch);
  return sum;
}
