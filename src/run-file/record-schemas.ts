import { z } from 'zod';
import type {
  Calibration,
  GatewayRecord,
  HealthRecord,
  HistogramKind,
  RunEnd,
  RunEventRecord,
  RunHeader,
  RunTotals,
  SecondRecord,
  ThresholdRecord,
  TrendFigures,
} from './records.js';

/** An end record in the file; the histograms of its trends are in `total` records. */
export interface EndPayload extends Omit<RunEnd, 'totals'> {
  readonly totals: Omit<RunTotals, 'trends'> & { readonly trends: Readonly<Record<string, TrendFigures>> };
}

const trendFigures = z.object({ count: z.number(), min: z.number(), max: z.number(), sum: z.number() });
const gaugeFigures = z.object({ value: z.number(), min: z.number(), max: z.number() });
const rateFigures = z.object({ passes: z.number(), fails: z.number() });
const checkFigures = rateFigures.extend({ name: z.string(), group: z.string() });
const verdict = z.enum(['healthy', 'strained', 'saturated']);
const runVerdict = z.enum([...verdict.options, 'unjudged']);

const addedFigures = {
  counters: z.record(z.string(), z.number()),
  gauges: z.record(z.string(), gaugeFigures),
  rates: z.record(z.string(), rateFigures),
  trends: z.record(z.string(), trendFigures),
  checks: z.array(checkFigures),
};

export const histogramKind: z.ZodType<HistogramKind> = z.enum(['response', 'service', 'lag']);

export const seriesPayload: z.ZodType<{ id: number; name: string }> = z.object({ id: z.number(), name: z.string() });

export const calibrationPayload: z.ZodType<Calibration> = z.object({
  at: z.string(),
  floorP50Ms: z.number(),
  floorP99Ms: z.number(),
  messagesPerSecond: z.number(),
});

export const headerPayload: z.ZodType<RunHeader> = z.object({
  format: z.string(),
  startedAt: z.string(),
  scenario: z.string(),
  plan: z.record(z.string(), z.unknown()),
  planHash: z.string(),
  scriptHash: z.string().optional(),
  target: z.object({ given: z.string(), normalised: z.string() }).optional(),
  vus: z.number(),
  durationMs: z.number(),
  description: z.array(z.string()),
  seed: z.number(),
  warmupMs: z.number(),
  compression: z.boolean(),
  tls: z.boolean(),
  threads: z.number(),
  machine: z.object({
    platform: z.string(),
    arch: z.string(),
    cpuModel: z.string(),
    cpus: z.number(),
    memoryBytes: z.number(),
  }),
  labels: z.record(z.string(), z.string()).optional(),
  calibration: calibrationPayload.optional(),
  node: z.string(),
  version: z.string(),
  client: z.string(),
  metrics: z.array(
    z.object({
      name: z.string(),
      type: z.enum(['counter', 'gauge', 'rate', 'trend']),
      contains: z.enum(['default', 'time', 'data']),
    }),
  ),
});

export const secondPayload: z.ZodType<SecondRecord> = z.object({
  second: z.number(),
  elapsedMs: z.number(),
  ...addedFigures,
});

export const healthPayload: z.ZodType<HealthRecord> = z.object({
  second: z.number(),
  eventLoopUse: z.number(),
  scheduleLag: z.object({ count: z.number(), p50: z.number(), p99: z.number(), max: z.number() }),
  gcMs: z.number(),
  cpuProcess: z.number(),
  cpuMachine: z.number().optional(),
  rssBytes: z.number(),
  cpuStolen: z.number().optional(),
  throttledMs: z.number().optional(),
  openFiles: z.number().optional(),
  backlogBytes: z.number().optional(),
  begun: z.number().optional(),
  planned: z.number().optional(),
  verdict,
});

export const gatewayPayload: z.ZodType<GatewayRecord> = z.object({
  second: z.number(),
  sent: z.number(),
  received: z.number(),
  dropped: z.number(),
  connections: z.number(),
});

export const eventPayload: z.ZodType<RunEventRecord> = z.object({
  elapsedMs: z.number(),
  kind: z.enum(['stall', 'interruption', 'warning']),
  text: z.string(),
});

export const thresholdPayload: z.ZodType<ThresholdRecord> = z.object({
  series: z.string(),
  expression: z.string(),
  aggregate: z.string(),
  value: z.number().nullable(),
  ok: z.boolean(),
  aborted: z.boolean(),
});

export const endPayload: z.ZodType<EndPayload> = z.object({
  reason: z.enum([
    'finished',
    'stopped-by-signal',
    'cut-by-signal',
    'thresholds-crossed',
    'aborted-by-script',
    'failed',
  ]),
  detail: z.string().optional(),
  totals: z.object({
    durationMs: z.number(),
    ...addedFigures,
    groups: z.array(z.string()).optional(),
    iterations: z.object({ complete: z.number(), interrupted: z.number() }),
  }),
  health: z.object({ verdict: runVerdict, reasons: z.array(z.string()), saturatedSeconds: z.array(z.number()) }),
  gateway: z.object({ sent: z.number(), received: z.number(), dropped: z.number() }).optional(),
});
