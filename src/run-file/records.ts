import type { Histogram } from '../core/histogram/histogram.js';
import type { ValueSketch } from '../core/histogram/value-sketch.js';

export type MetricType = 'counter' | 'gauge' | 'rate' | 'trend';
/** What a metric's values are: `time` is milliseconds, `data` bytes. */
export type MetricContains = 'default' | 'time' | 'data';
/**
 * Which latency a histogram holds: `response` from the moment an action was due, `service` from
 * when it left, `lag` the difference.
 */
export type HistogramKind = 'response' | 'service' | 'lag';

export interface MetricDefinition {
  readonly name: string;
  readonly type: MetricType;
  readonly contains: MetricContains;
}

/**
 * Exact figures of a trend, beside which its histogram stands. Milliseconds for times. All 0 when
 * `count` is 0.
 */
export interface TrendFigures {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

export interface GaugeFigures {
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

export interface RateFigures {
  readonly passes: number;
  readonly fails: number;
}

export interface CheckFigures extends RateFigures {
  readonly name: string;
  /** Path of the group in k6's form, '' at the root. */
  readonly group: string;
}

export interface RunMachine {
  readonly platform: string;
  readonly arch: string;
  readonly cpuModel: string;
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** What a machine's load generator can do: `wsg loadtest --calibrate`. */
export interface Calibration {
  /** ISO 8601. */
  readonly at: string;
  /**
   * Of a round trip to an echo server on the same machine, when nothing else is to do:
   * milliseconds.
   */
  readonly floorP50Ms: number;
  readonly floorP99Ms: number;
  /** The most messages a second that went out in time and came back. */
  readonly messagesPerSecond: number;
}

/** The first record of a run file. */
export interface RunHeader {
  /** `major.minor`. A reader refuses a newer major version and reads all older ones. */
  readonly format: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly scenario: string;
  /** The plan as validated, as JSON; `planHash` is the SHA-256 of its canonical text. */
  readonly plan: Readonly<Record<string, unknown>>;
  readonly planHash: string;
  readonly scriptHash?: string;
  /** Of a built-in scenario; a script knows by itself where it connects. */
  readonly target?: { readonly given: string; readonly normalised: string };
  readonly vus: number;
  readonly durationMs: number;
  /** One line a scenario in k6's words: `default: 100 looping VUs for 30s (gracefulStop: 30s)`. */
  readonly description: readonly string[];
  readonly seed: number;
  readonly warmupMs: number;
  readonly compression: boolean;
  readonly tls: boolean;
  readonly threads: number;
  readonly machine: RunMachine;
  /** Which build it was of: commit, branch, url and what was given with --label. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Of this machine, Node and version, when there is one: the line that the run's figures are seen
   * against.
   */
  readonly calibration?: Calibration;
  readonly node: string;
  /** Of wsg. */
  readonly version: string;
  /** The client library under the virtual users. */
  readonly client: string;
  readonly metrics: readonly MetricDefinition[];
}

/** What one second added. Keys are series names: a metric, or `metric{tag:value}`. */
export interface SecondRecord {
  /** From 0. */
  readonly second: number;
  /** Since the start of the run, at the end of this second. */
  readonly elapsedMs: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, GaugeFigures>>;
  readonly rates: Readonly<Record<string, RateFigures>>;
  readonly trends: Readonly<Record<string, TrendFigures>>;
  readonly checks: readonly CheckFigures[];
}

/** The samples of one series, kind and second; `histogram` has the fixed shape for times. */
export interface HistogramRecord {
  readonly series: string;
  readonly kind: HistogramKind;
  readonly second: number;
  readonly histogram: Histogram;
}

/** The samples of one series and second that are no times. */
export interface SketchRecord {
  readonly series: string;
  readonly second: number;
  readonly sketch: ValueSketch;
}

export type HealthVerdict = 'healthy' | 'strained' | 'saturated';

/** The verdict on a run; `unjudged` when it was too short for one. */
export type RunVerdict = HealthVerdict | 'unjudged';

/** How the generator itself did in one second. */
export interface HealthRecord {
  readonly second: number;
  /** 0 to 1, of the busiest thread. */
  readonly eventLoopUse: number;
  /** How late scheduled actions ran: milliseconds. */
  readonly scheduleLag: { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };
  readonly gcMs: number;
  /** CPU cores used by this process, and by the whole machine (undefined where unknown). */
  readonly cpuProcess: number;
  readonly cpuMachine?: number;
  readonly rssBytes: number;
  /** CPU cores that a hypervisor gave to others. */
  readonly cpuStolen?: number;
  /** How long a container's limit held this process: milliseconds. */
  readonly throttledMs?: number;
  readonly openFiles?: number;
  /** Bytes that virtual users had sent and the system had not taken, at the end of the second. */
  readonly backlogBytes?: number;
  /**
   * Scheduled actions (iterations that arrive, messages of `echo`, requests of `fan-out`): how many
   * were begun, and how many the schedule wants of the virtual users that are there.
   */
  readonly begun?: number;
  readonly planned?: number;
  readonly verdict: HealthVerdict;
}

/**
 * The gateway's own counters in one second: what was added, but `connections`. What is `dropped`
 * was not `sent`.
 */
export interface GatewayRecord {
  readonly second: number;
  readonly sent: number;
  readonly received: number;
  readonly dropped: number;
  readonly connections: number;
}

/** Something that happened at a moment: a stall, an interruption, a warning. */
export interface RunEventRecord {
  readonly elapsedMs: number;
  readonly kind: 'stall' | 'interruption' | 'warning';
  readonly text: string;
}

/**
 * Totals of a run so far. A finished file ends with them; for a cut one the reader adds the seconds
 * up.
 */
export interface RunTotals {
  readonly durationMs: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, GaugeFigures>>;
  readonly rates: Readonly<Record<string, RateFigures>>;
  /** By series. */
  readonly trends: Readonly<Record<string, TrendTotals>>;
  readonly checks: readonly CheckFigures[];
  /** Paths of a script's groups, those without a check among them. */
  readonly groups?: readonly string[];
  readonly iterations: { readonly complete: number; readonly interrupted: number };
}

/**
 * Stands between scenario, group and metric in the names of totals that are kept for each part of a
 * script.
 */
export const PART_SEPARATOR = '\u0000';

/**
 * Counters for the comparison with a gateway only: where what k6 counts is not what goes over the
 * wire.
 */
export const BALANCE_COUNTERS = {
  /** Messages that came after a script had closed the connection. */
  receivedAfterClose: 'wsg_msgs_received_after_close',
  /**
   * What `ws_msgs_sent` counts and is no message that left: pings, closes, what is sent after a
   * close.
   */
  sentNoMessage: 'wsg_sent_no_message',
} as const;

export interface TrendTotals extends TrendFigures {
  /** Of times: the cumulative histograms, by kind; `response` is what summaries show. */
  readonly histograms: Readonly<Partial<Record<HistogramKind, Histogram>>>;
  /** Of a trend whose values are no times: it has no histograms. */
  readonly sketch?: ValueSketch;
}

/** What became of one threshold. */
export interface ThresholdRecord {
  readonly series: string;
  /** As it was written: `p(95)<500`. */
  readonly expression: string;
  /**
   * What was judged, `p(95)`, and how large it was; null when nothing was recorded, which counts as
   * 0.
   */
  readonly aggregate: string;
  readonly value: number | null;
  readonly ok: boolean;
  /** Whether it ended the run. */
  readonly aborted: boolean;
}

/** Why a run ended. */
export type EndReason =
  'finished' | 'stopped-by-signal' | 'cut-by-signal' | 'thresholds-crossed' | 'aborted-by-script' | 'failed';

/** The generator's verdict on itself for the whole run, with the reason in words. */
export interface RunHealth {
  readonly verdict: RunVerdict;
  readonly reasons: readonly string[];
  readonly saturatedSeconds: readonly number[];
}

/**
 * The gateway's counters beside the generator's for the whole run. What is `dropped` was not
 * `sent`.
 */
export interface GatewayTotals {
  readonly sent: number;
  readonly received: number;
  readonly dropped: number;
}

export interface RunEnd {
  readonly reason: EndReason;
  /** In words, when there is more to say. */
  readonly detail?: string;
  readonly totals: RunTotals;
  readonly health: RunHealth;
  readonly gateway?: GatewayTotals;
}

/** A whole run: what the generator ends with in memory, and what a reader makes of a file. */
export interface Run {
  readonly header: RunHeader;
  readonly seconds: readonly SecondRecord[];
  readonly health: readonly HealthRecord[];
  readonly gateway: readonly GatewayRecord[];
  readonly events: readonly RunEventRecord[];
  /** In the order in which they were given; none of a run that was cut. */
  readonly thresholds: readonly ThresholdRecord[];
  readonly end: RunEnd;
  /** False when the file was cut: `end` was then added up from what is there. */
  readonly complete: boolean;
}
