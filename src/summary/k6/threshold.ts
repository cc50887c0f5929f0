import type { MetricType } from '../../run-file/records.js';

/** One threshold of a series as a plan has it. */
export interface ThresholdPlan {
  /** The metric, or `metric{tag:value}`. */
  readonly series: string;
  /** `p(95)<500`, as it was written. */
  readonly expression: string;
  /**
   * Whether the run ends when it is crossed, and after how much of the run that is looked at first.
   */
  readonly abortOnFail: boolean;
  readonly delayAbortMs: number;
}

const OPERATORS = {
  '<=': (value: number, limit: number) => value <= limit,
  '<': (value: number, limit: number) => value < limit,
  '>=': (value: number, limit: number) => value >= limit,
  '>': (value: number, limit: number) => value > limit,
  '===': (value: number, limit: number) => value === limit,
  '==': (value: number, limit: number) => value === limit,
  '!=': (value: number, limit: number) => value !== limit,
} as const;

/** An expression taken apart. */
export interface ThresholdExpression {
  /** `avg`, or `p(95)`. */
  readonly aggregate: string;
  /** Of `p(N)`: N, 0 to 100. */
  readonly percentile?: number;
  readonly isMet: (value: number) => boolean;
}

/** k6's aggregates of each type of metric. */
const AGGREGATES: Readonly<Record<MetricType, readonly string[]>> = {
  counter: ['count', 'rate'],
  gauge: ['value'],
  rate: ['rate'],
  trend: ['avg', 'min', 'max', 'med', 'p(N)'],
};

const PLAIN_AGGREGATES: readonly string[] = ['value', 'count', 'rate', 'avg', 'min', 'med', 'max'];
const EXPRESSION = /^(?<aggregate>[^<>=!]+?)\s*(?<operator><=|>=|===|==|!=|<|>)\s*(?<limit>[^<>=!]*)$/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** Parses `aggregate operator number` (k6 docs, "Thresholds"); a sentence when it is none. */
export function parseThreshold(text: string): ThresholdExpression | { readonly problem: string } {
  const { aggregate = '', operator, limit = '' } = EXPRESSION.exec(text.trim())?.groups ?? {};
  const compare = Object.entries(OPERATORS).find(([name]) => name === operator)?.[1];
  if (compare === undefined) return { problem: `'${text}' must be a threshold such as 'p(95)<500'` };
  if (!NUMBER.test(limit)) return { problem: `'${text}' compares with '${limit}', which is not a number` };
  const isMet = (value: number): boolean => compare(value, Number(limit));
  if (PLAIN_AGGREGATES.includes(aggregate)) return { aggregate, isMet };
  const percentile = percentileOf(aggregate);
  if (percentile <= 100) return { aggregate, percentile, isMet };
  return { problem: `'${text}' begins with none of ${PLAIN_AGGREGATES.join(', ')} and p(N), N from 0 to 100` };
}

/** The N of `p(N)`; no number when it is something else. */
function percentileOf(aggregate: string): number {
  return Number(/^p\((\d+(?:\.\d+)?)\)$/.exec(aggregate)?.[1]);
}

/**
 * Why an expression cannot be applied to metrics of this type; undefined when it can, or when it is
 * no threshold at all.
 */
export function thresholdTypeProblem(text: string, type: MetricType): string | undefined {
  const parsed = parseThreshold(text);
  if ('problem' in parsed) return undefined;
  const aggregate = parsed.percentile === undefined ? parsed.aggregate : 'p(N)';
  if (AGGREGATES[type].includes(aggregate)) return undefined;
  return `'${text}': a ${type} has no '${parsed.aggregate}', only ${AGGREGATES[type].join(', ')}`;
}
