import { z } from 'zod';
import type { Comparison } from '../compare/comparison.js';

const verdict = z.enum(['regression', 'improvement', 'within budget', 'inconclusive', 'unjudged', 'invalid']);
const unit = z
  .enum(['ms', 'bytes', 'bytes per second', 'per second', 'ratio', ''])
  .describe(
    'Unit of the figures: milliseconds, bytes, bytes per second, occurrences per second, a share (0 to 1), or a number.',
  );
const change = z
  .number()
  .nullable()
  .describe('Relative change of new against base: 0.1 is 10 % more; null if a side has no value.');
const interval = z
  .strictObject({ low: z.number(), high: z.number() })
  .describe('Confidence interval of the change, as ratios.');

const gate = z.strictObject({
  text: z.string().describe('The text of the gate; for a default gate, the text that would give it.'),
  series: z.string().describe('A metric, or metric{tag:value}.'),
  aggregate: z.union([
    z.strictObject({ type: z.literal('quantile'), quantile: z.number().min(0).max(1) }),
    z.strictObject({ type: z.enum(['avg', 'min', 'max', 'count', 'rate', 'value']) }),
  ]),
  worse: z.enum(['up', 'down']).describe('The direction in which the figure gets worse.'),
  budget: z.number().optional().describe('Largest change for the worse that passes, as a ratio.'),
  floor: z.number().optional().describe('A difference up to this size always passes; in the unit of the figure.'),
  limit: z.strictObject({ operator: z.enum(['<', '<=', '>', '>=']), value: z.number() }).optional(),
  origin: z.enum(['flag', 'file', 'default']),
});

const side = z.strictObject({
  value: z.number().nullable(),
  runs: z.number().int(),
  seconds: z.number().int(),
  samples: z.number(),
});

const gateResult = z.strictObject({
  gate,
  unit,
  verdict,
  reasons: z.array(z.string()),
  base: side,
  next: side,
  change,
  interval: interval.nullable(),
  pValue: z.number().min(0).max(1).optional().describe('One-sided p-value of "the change is within the budget".'),
  atMost: z.number().optional().describe('The largest change for the worse that is not ruled out, one-sided at 90 %.'),
  smallestFound: z
    .number()
    .optional()
    .describe('The smallest change for the worse that would have been detected in nine of ten cases.'),
  service: z
    .strictObject({
      base: z.number(),
      next: z.number(),
      change: z.number(),
      interval,
      lag: z.strictObject({ base: z.number(), next: z.number() }),
    })
    .optional()
    .describe("Service time and the generator's own lag at the gate's quantile, in milliseconds."),
  anchor: z
    .strictObject({ value: z.number(), runs: z.number().int(), change: z.number(), interval })
    .optional()
    .describe('The gate against the first runs of a baseline.'),
  more: z.strictObject({ runs: z.number().optional(), seconds: z.number().optional() }).optional(),
  warnings: z.array(z.string()),
});

const comparedRun = z.strictObject({
  path: z.string(),
  startedAt: z.iso.datetime(),
  scenario: z.string(),
  version: z.string(),
  node: z.string(),
  machine: z.string(),
  labels: z.record(z.string(), z.string()).describe('Labels such as commit, branch and url.'),
  health: z.enum(['healthy', 'strained', 'saturated', 'unjudged']).describe('`unjudged`: the run was too short.'),
  durationMs: z.number(),
  complete: z.boolean(),
});

/**
 * Schema of the output of `wsg report BASE NEW --json`, from which
 * docs/reference/comparison.schema.json is generated. Within a major version, members are only
 * added.
 */
export const comparisonSchema = z
  .strictObject({
    verdict,
    because: z.string().describe('The reason for the verdict, as one sentence.'),
    settings: z.strictObject({
      method: z.enum(['one-against-one', 'one-against-many', 'many-against-many']),
      noise: z.number(),
      defaultBudget: z.number(),
      confidence: z.number(),
      warmupMs: z.number(),
      seed: z.number().int(),
    }),
    base: z.array(comparedRun),
    next: z.array(comparedRun),
    differences: z.array(
      z.strictObject({
        key: z.string().describe('The value for --allow-different.'),
        base: z.string(),
        next: z.string(),
        consequence: z.enum(['invalid', 'warning', 'allowed']),
      }),
    ),
    leftOut: z
      .array(z.strictObject({ path: z.string(), reason: z.string() }))
      .describe('Baselines that were left out, and why.'),
    gates: z.array(gateResult),
    shown: z.array(
      z.strictObject({
        series: z.string(),
        aggregate: z.string(),
        unit,
        base: z.number().nullable(),
        next: z.number().nullable(),
        change,
      }),
    ),
    stalls: z.array(
      z.strictObject({
        side: z.enum(['base', 'new']),
        path: z.string(),
        series: z.string(),
        second: z.number().int().describe('The first second of the stall, counted from 0.'),
        seconds: z.number().int().describe('The number of seconds.'),
        isPart: z.boolean().describe('Whether only a part of a second was lost.'),
        text: z.string(),
      }),
    ),
    warnings: z.array(z.string()),
  })
  .describe('A comparison of load test runs, as `wsg report --json` prints it.') satisfies z.ZodType<Comparison>;
