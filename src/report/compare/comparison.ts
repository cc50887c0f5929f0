import type { RunVerdict } from '../../run-file/records.js';

/**
 * What is said of a gate and of a whole comparison. `regression` means slower beyond the budget,
 * with the interval's near end; `unjudged` that what is gated was not recorded, `invalid` that the
 * runs cannot be compared by it. Neither of the two passes.
 */
export type Verdict = 'regression' | 'improvement' | 'within budget' | 'inconclusive' | 'unjudged' | 'invalid';

/** Which runs stood against which; it decides the statistics (docs/reference/comparison.md). */
export type ComparisonMethod = 'one-against-one' | 'one-against-many' | 'many-against-many';

/** Which way a metric gets worse. */
export type WorseDirection = 'up' | 'down';

/**
 * What is judged of a series: a quantile of a trend (0 to 1), another aggregate of it, or the rate
 * of a counter or rate metric.
 */
export type GateAggregate =
  | { readonly type: 'quantile'; readonly quantile: number }
  | { readonly type: 'avg' | 'min' | 'max' | 'count' | 'rate' | 'value' };

/** One gate as it was read: `ws_ping p(99) < +10%`. */
export interface Gate {
  /** The words it was written in, or what a default gate would be written as. */
  readonly text: string;
  /** A metric, or `metric{tag:value}`. */
  readonly series: string;
  readonly aggregate: GateAggregate;
  readonly worse: WorseDirection;
  /**
   * Largest change for the worse that is let pass, as a ratio: .1 is 10 %. Undefined for a gate on
   * an absolute value.
   */
  readonly budget?: number;
  /** A change smaller than this never counts, in the metric's unit (milliseconds for times). */
  readonly floor?: number;
  /**
   * An absolute bound on the new runs' value, in the metric's unit; crossed, it is a regression
   * whatever the base was.
   */
  readonly limit?: { readonly operator: '<' | '<=' | '>' | '>='; readonly value: number };
  readonly origin: 'flag' | 'file' | 'default';
}

/**
 * Relative change of new against base: -.05 is 5 % less, .1 is 10 % more, whichever of them is
 * better.
 */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** What one side's figure rests on. */
export interface GateSide {
  /**
   * In the metric's unit (milliseconds for times, per second for rates of counters); null when
   * nothing was recorded.
   */
  readonly value: number | null;
  readonly runs: number;
  /** Seconds that were looked at, warm-up left out, of all runs. */
  readonly seconds: number;
  /** Samples in these seconds (passes and fails of a rate, the count of a counter). */
  readonly samples: number;
}

/**
 * How much more of what would turn `inconclusive` into an answer; the cheaper of the two first
 * where both would.
 */
export interface MoreEvidence {
  readonly runs?: number;
  readonly seconds?: number;
}

/** Of a figure: milliseconds, bytes, a share (0 to 1), occurrences a second, or a plain number. */
export type Unit = 'ms' | 'bytes' | 'bytes per second' | 'per second' | 'ratio' | '';

/**
 * Service time beside response time: what is left of it when the generator's own lag is taken away.
 */
export interface ServiceFigures {
  /** Milliseconds at the gate's quantile. */
  readonly base: number;
  readonly next: number;
  readonly change: number;
  readonly interval: Interval;
  /** The generator's own lag at the same quantile: milliseconds. */
  readonly lag: { readonly base: number; readonly next: number };
}

/** The gate against the first runs of a baseline, where a change that creeps in shows. */
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
  /** Why it is `invalid` or `inconclusive`, or what crossed, in sentences without a full stop. */
  readonly reasons: readonly string[];
  readonly base: GateSide;
  readonly next: GateSide;
  /** Relative, new against base; null when a side has no value. */
  readonly change: number | null;
  /** Of `change`, noise added, not adjusted for the number of gates; null when there is none. */
  readonly interval: Interval | null;
  /** One-sided p-value of "the effect is at most the budget", where the method has one. */
  readonly pValue?: number;
  /**
   * The largest change for the worse that is not ruled out, one-sided at 90 %: .12 is 12 % worse;
   * negative where it is better for sure.
   */
  readonly atMost?: number;
  /**
   * The smallest change for the worse that this comparison would have called a regression in nine
   * of ten cases.
   */
  readonly smallestFound?: number;
  readonly service?: ServiceFigures;
  readonly anchor?: AnchorFigures;
  readonly more?: MoreEvidence;
  /** Footnotes: autocorrelation above .6, a trend inside the run... */
  readonly warnings: readonly string[];
}

/** A figure that is shown and not judged. */
export interface ShownFigure {
  readonly series: string;
  /** `p(95)`, `avg`, `rate`, `count`... */
  readonly aggregate: string;
  readonly unit: Unit;
  readonly base: number | null;
  readonly next: number | null;
  readonly change: number | null;
}

/** What a comparison says of each run that it looked at. */
export interface ComparedRun {
  readonly path: string;
  readonly startedAt: string;
  readonly scenario: string;
  readonly version: string;
  readonly node: string;
  readonly machine: string;
  /** As given with --label, or by the CI. */
  readonly labels: Readonly<Record<string, string>>;
  readonly health: RunVerdict;
  readonly durationMs: number;
  readonly complete: boolean;
}

/** A run that is not looked at, and why. */
export interface LeftOut {
  readonly path: string;
  readonly reason: string;
}

/** Something in which the two sides' runs are not alike. */
export interface Difference {
  /**
   * What `--allow-different` takes: `plan`, `script`, `target`, `vus`, `duration`, `compression`,
   * `tls`, `machine`, `node`, `version`...
   */
  readonly key: string;
  readonly base: string;
  readonly next: string;
  readonly consequence: 'invalid' | 'warning' | 'allowed';
}

/**
 * A stretch in which next to nothing was answered, which no quantile shows: named beside the
 * verdict.
 */
export interface Stall {
  readonly side: 'base' | 'new';
  readonly path: string;
  readonly series: string;
  /** The first second, from 0, of that run, and how many. */
  readonly second: number;
  readonly seconds: number;
  /** Whether a part of a second was lost, and not all of it. */
  readonly isPart: boolean;
  readonly text: string;
}

/** What was asked for, and what follows from it. */
export interface ComparisonSettings {
  readonly method: ComparisonMethod;
  /** Spread between runs that is taken for granted, as a ratio. */
  readonly noise: number;
  readonly defaultBudget: number;
  /** Of the intervals: .9. */
  readonly confidence: number;
  readonly warmupMs: number;
  /** From the inputs: the same files give the same verdict. */
  readonly seed: number;
}

/**
 * Two sets of runs side by side: all that a renderer needs, and what `--json` prints
 * (docs/reference/comparison.schema.json).
 */
export interface Comparison {
  readonly verdict: Verdict;
  /** One sentence: why the verdict is what it is. */
  readonly because: string;
  readonly settings: ComparisonSettings;
  readonly base: readonly ComparedRun[];
  readonly next: readonly ComparedRun[];
  readonly differences: readonly Difference[];
  /** Baselines that are not compared, and why. */
  readonly leftOut: readonly LeftOut[];
  readonly gates: readonly GateResult[];
  readonly shown: readonly ShownFigure[];
  readonly stalls: readonly Stall[];
  /**
   * For the whole: other machine, a budget below what the noise allows, default gates were taken...
   */
  readonly warnings: readonly string[];
}
