import type { RunVerdict } from '../../run-file/records.js';

/**
 * Verdict on a gate and on a whole comparison. `regression` means that even the near end of the
 * interval is worse than the budget allows; `unjudged` that the gated figure was not recorded;
 * `invalid` that the runs cannot be compared. Neither `unjudged` nor `invalid` passes.
 */
export type Verdict = 'regression' | 'improvement' | 'within budget' | 'inconclusive' | 'unjudged' | 'invalid';

/**
 * How many runs are compared with how many, which determines the statistics
 * (docs/reference/comparison.md).
 */
export type ComparisonMethod = 'one-against-one' | 'one-against-many' | 'many-against-many';

/** The direction in which a metric gets worse. */
export type WorseDirection = 'up' | 'down';

/**
 * The aggregate of a series that is judged: a quantile of a trend (0 to 1), another aggregate of
 * it, or the rate of a counter or rate metric.
 */
export type GateAggregate =
  | { readonly type: 'quantile'; readonly quantile: number }
  | { readonly type: 'avg' | 'min' | 'max' | 'count' | 'rate' | 'value' };

/** A parsed gate, such as `ws_ping p(99) < +10%`. */
export interface Gate {
  /** The text of the gate; for a default gate, the text that would give it. */
  readonly text: string;
  /** A metric, or `metric{tag:value}`. */
  readonly series: string;
  readonly aggregate: GateAggregate;
  readonly worse: WorseDirection;
  /**
   * Largest change for the worse that passes, as a ratio: .1 is 10 %. Undefined for a gate on an
   * absolute value.
   */
  readonly budget?: number;
  /** A change up to this size always passes; in the metric's unit (milliseconds for times). */
  readonly floor?: number;
  /**
   * Absolute bound on the new runs' value, in the metric's unit. Crossing it is a regression,
   * regardless of the base.
   */
  readonly limit?: { readonly operator: '<' | '<=' | '>' | '>='; readonly value: number };
  readonly origin: 'flag' | 'file' | 'default';
}

/**
 * Confidence interval of the relative change of new against base: -.05 is 5 % less, .1 is 10 %
 * more, whichever of them is better.
 */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The value of one side, and the samples that it is computed from. */
export interface GateSide {
  /**
   * In the metric's unit (milliseconds for times, per second for rates of counters); null without
   * samples.
   */
  readonly value: number | null;
  readonly runs: number;
  /** Seconds evaluated in all runs, without the warm-up. */
  readonly seconds: number;
  /** Samples in these seconds: passes and fails of a rate, the count of a counter. */
  readonly samples: number;
}

/** The longer run, or the number of runs, that would resolve `inconclusive`. */
export interface MoreEvidence {
  readonly runs?: number;
  readonly seconds?: number;
}

/**
 * Unit of a figure: milliseconds, bytes, a share (0 to 1), occurrences per second, or a plain
 * number.
 */
export type Unit = 'ms' | 'bytes' | 'bytes per second' | 'per second' | 'ratio' | '';

/** Service time, which is the response time without the generator's own lag. */
export interface ServiceFigures {
  /** Milliseconds at the gate's quantile. */
  readonly base: number;
  readonly next: number;
  readonly change: number;
  readonly interval: Interval;
  /** The generator's own lag at the same quantile, in milliseconds. */
  readonly lag: { readonly base: number; readonly next: number };
}

/** The gate against the first runs of a baseline, which show a gradual change. */
export interface AnchorFigures {
  readonly value: number;
  readonly runs: number;
  readonly change: number;
  readonly interval: Interval;
}

export interface GateResult {
  readonly gate: Gate;
  readonly unit: Unit;
  readonly verdict: Verdict;
  /** Reasons for the verdict, as sentences without a full stop. */
  readonly reasons: readonly string[];
  readonly base: GateSide;
  readonly next: GateSide;
  /** Relative, new against base; null when a side has no value. */
  readonly change: number | null;
  /**
   * Interval of `change`, noise included, not adjusted for the number of gates; null if it cannot
   * be computed.
   */
  readonly interval: Interval | null;
  /** One-sided p-value of "the effect is at most the budget", if the method has one. */
  readonly pValue?: number;
  /**
   * The largest change for the worse that is not ruled out, one-sided at 90 %: .12 is 12 % worse.
   * Negative if an improvement is certain.
   */
  readonly atMost?: number;
  /**
   * The smallest change for the worse that this comparison would have detected in nine of ten
   * cases.
   */
  readonly smallestFound?: number;
  readonly service?: ServiceFigures;
  readonly anchor?: AnchorFigures;
  readonly more?: MoreEvidence;
  /** Remarks: an autocorrelation above .6, a drift within the run and so on. */
  readonly warnings: readonly string[];
}

/** A figure that is shown but not judged. */
export interface ShownFigure {
  readonly series: string;
  /** `p(95)`, `avg`, `rate`, `count`... */
  readonly aggregate: string;
  readonly unit: Unit;
  readonly base: number | null;
  readonly next: number | null;
  readonly change: number | null;
}

/** A run that was compared. */
export interface ComparedRun {
  readonly path: string;
  readonly startedAt: string;
  readonly scenario: string;
  readonly version: string;
  readonly node: string;
  readonly machine: string;
  /** Labels from --label or from the CI. */
  readonly labels: Readonly<Record<string, string>>;
  readonly health: RunVerdict;
  readonly durationMs: number;
  readonly complete: boolean;
}

/** A run that was left out, and why. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

/** A property in which the runs of the two sides differ. */
export interface Difference {
  /**
   * The value for `--allow-different`: `scenario`, `script`, `target`, `vus`, `duration`, `plan`,
   * `segment`, `compression`, `tls`, `machine`, `node`, `version`, `threads` or `client`.
   */
  readonly key: string;
  readonly base: string;
  readonly next: string;
  readonly consequence: 'invalid' | 'warning' | 'allowed';
}

/**
 * A period in which almost nothing was answered. Quantiles do not show it, so it is reported
 * separately.
 */
export interface Stall {
  readonly side: 'base' | 'new';
  readonly path: string;
  readonly series: string;
  /** The first second of the stall, counted from 0, and their number. */
  readonly second: number;
  readonly seconds: number;
  /** Whether only a part of a second was lost. */
  readonly isPart: boolean;
  readonly text: string;
}

/** Settings of a comparison, and the values derived from them. */
export interface ComparisonSettings {
  readonly method: ComparisonMethod;
  /** Assumed deviation between runs, as a ratio. */
  readonly noise: number;
  readonly defaultBudget: number;
  /** Confidence level of the intervals: .9. */
  readonly confidence: number;
  readonly warmupMs: number;
  /** Derived from the inputs, so that the same files give the same verdict. */
  readonly seed: number;
}

/**
 * The result of comparing two sets of runs: the input of every renderer, and the output of `--json`
 * (docs/reference/comparison.schema.json).
 */
export interface Comparison {
  readonly verdict: Verdict;
  /** The reason for the verdict, as one sentence. */
  readonly because: string;
  readonly settings: ComparisonSettings;
  readonly base: readonly ComparedRun[];
  readonly next: readonly ComparedRun[];
  readonly differences: readonly Difference[];
  /** Baselines that were left out, and why. */
  readonly leftOut: readonly LeftOut[];
  readonly gates: readonly GateResult[];
  readonly shown: readonly ShownFigure[];
  readonly stalls: readonly Stall[];
  /**
   * Warnings about the whole comparison: default gates, a budget below the noise, a strained
   * generator and so on.
   */
  readonly warnings: readonly string[];
}
