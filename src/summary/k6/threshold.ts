import type { MetricType } from '../../run-file/records.js';

/** One threshold of a series in a plan. */
export interface ThresholdPlan {
  /** The metric, or `metric{tag:value}`. */
  readonly series: string;
  /** Text of the threshold: `p(95)<500`. */
  readonly expression: string;
  /** Whether crossing the threshold ends the run, and the delay before it is evaluated for that. */
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

/** A parsed expression. */
export interface ThresholdExpression {
  /** `avg`, or `p(95)`. */
  readonly aggregate: string;
  /** N of `p(N)`, 0 to 100. */
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

/**
 * Parses `aggregate operator number` (k6 docs, "Thresholds"); returns the problem as a sentence if
 * it is invalid.
 */
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

/** The N of `p(N)`; NaN for anything else. */
function percentileOf(aggregate: string): number {
  return Number(/^p\((\d+(?:\.\d+)?)\)$/.exec(aggregate)?.[1]);
}

/**
 * The problem if an expression cannot be applied to metrics of this type; undefined if it can, or
 * if the expression is invalid.
 */
export function thresholdTypeProblem(text: string, type: MetricType): string | undefined {
  const parsed = parseThreshold(text);
  if ('problem' in parsed) return undefined;
  const aggregate = parsed.percentile === undefined ? parsed.aggregate : 'p(N)';
  if (AGGREGATES[type].includes(aggregate)) return undefined;
  return `'${text}': a ${type} has no '${parsed.aggregate}', only ${AGGREGATES[type].join(', ')}`;
}
