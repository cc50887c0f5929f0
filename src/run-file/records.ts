import type { Histogram } from '../core/histogram/histogram.js';
import type { ValueSketch } from '../core/histogram/value-sketch.js';

export type MetricType = 'counter' | 'gauge' | 'rate' | 'trend';
/** Kind of a metric's values: `time` is milliseconds, `data` bytes. */
export type MetricContains = 'default' | 'time' | 'data';
/**
 * The latency that a histogram contains: `response` from the time at which an action was due,
 * `service` from the time at which it was sent, `lag` the difference.
 */
export type HistogramKind = 'response' | 'service' | 'lag';

export interface MetricDefinition {
  readonly name: string;
  readonly type: MetricType;
  readonly contains: MetricContains;
}

/**
 * Exact figures of a trend, in addition to its histogram. Milliseconds for times. All 0 if `count`
 * is 0.
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
  /**
   * Time of the value in Unix milliseconds, in runs of a part of a plan: of the parts' values, the
   * latest one counts.
   */
  readonly at?: number;
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

/** Performance of the load generator on a machine: `wsg loadtest --calibrate`. */
export interface Calibration {
  /** ISO 8601. */
  readonly at: string;
  /** Round-trip time to an echo server on the same, otherwise idle machine, in milliseconds. */
  readonly floorP50Ms: number;
  readonly floorP99Ms: number;
  /** Highest number of messages per second that were sent in time and returned. */
  readonly messagesPerSecond: number;
}

/** The part of a plan that a run consists of: slots `from` to `to` (excluded) of `period`. */
export interface RunSegment {
  /** As it was given: `1/4:1/2`. */
  readonly text: string;
  readonly period: number;
  readonly from: number;
  readonly to: number;
  /** One line per scenario of the whole plan. */
  readonly description: readonly string[];
}

/** The number of a run among those of the same plan. */
export interface RunShard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
  /** Addition that turns this machine's wall clock into that of shard 1, if it was measured. */
  readonly clockOffsetMs?: number;
  readonly clockErrorMs?: number;
}

/** A run that is a part of a merged one. */
export interface MergedShard {
  /** From 1. */
  readonly index: number;
  /** Text of its segment. */
  readonly segment: string;
  readonly machine: RunMachine;
  readonly node: string;
  readonly version: string;
  readonly startedAt: string;
  readonly clockOffsetMs?: number;
  readonly health?: RunVerdict;
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
  /** The part of the plan that ran; undefined for a whole plan. `plan` is always the whole one. */
  readonly segment?: RunSegment;
  /** The number of a run with `--shard`. */
  readonly shard?: RunShard;
  /** The parts of a merged run. */
  readonly shards?: readonly MergedShard[];
  /** Share of the plan that ran, 0 to 1, in a merged run that lacks some of its parts. */
  readonly share?: number;
  readonly scriptHash?: string;
  /** Target of a built-in scenario; scripts choose their own. */
  readonly target?: { readonly given: string; readonly normalised: string };
  readonly vus: number;
  readonly durationMs: number;
  /**
   * One line per scenario, as k6 writes it: `default: 100 looping VUs for 30s (gracefulStop: 30s)`.
   */
  readonly description: readonly string[];
  readonly seed: number;
  readonly warmupMs: number;
  readonly compression: boolean;
  readonly tls: boolean;
  readonly threads: number;
  readonly machine: RunMachine;
  /** Labels of the build: commit, branch, url and those of --label. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Calibration for this machine, Node and version of wsg, if there is one: a reference for the
   * figures of the run.
   */
  readonly calibration?: Calibration;
  readonly node: string;
  /** Version of wsg. */
  readonly version: string;
  /** The WebSocket library of the virtual users. */
  readonly client: string;
  readonly metrics: readonly MetricDefinition[];
}

/** The figures of one second. Keys are series names: a metric, or `metric{tag:value}`. */
export interface SecondRecord {
  /** Counted from 0. */
  readonly second: number;
  /** Time since the start of the run at the end of this second. */
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

/** The samples of one series and second that are not times. */
export interface SketchRecord {
  readonly series: string;
  readonly second: number;
  readonly sketch: ValueSketch;
}

export type HealthVerdict = 'healthy' | 'strained' | 'saturated';

/** The verdict on a run; `unjudged` if the run was too short. */
export type RunVerdict = HealthVerdict | 'unjudged';

/** Health of the generator in one second. */
export interface HealthRecord {
  readonly second: number;
  /** Utilization of the busiest thread's event loop, 0 to 1. */
  readonly eventLoopUse: number;
  /** Lateness of scheduled actions, in milliseconds. */
  readonly scheduleLag: { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };
  readonly gcMs: number;
  /** CPU cores used by this process, and by the whole machine (undefined where unknown). */
  readonly cpuProcess: number;
  readonly cpuMachine?: number;
  readonly rssBytes: number;
  /** CPU cores that a hypervisor gave to others. */
  readonly cpuStolen?: number;
  /** Time for which a container limit throttled this process, in milliseconds. */
  readonly throttledMs?: number;
  readonly openFiles?: number;
  /**
   * Bytes sent by virtual users that the operating system had not accepted yet, at the end of the
   * second.
   */
  readonly backlogBytes?: number;
  /**
   * Scheduled actions (iterations of arrival rates, messages of `echo`, requests of `fan-out`): the
   * number that began, and the number that the schedule expects of the current virtual users.
   */
  readonly begun?: number;
  readonly planned?: number;
  /** In a merged run: the shard with the worst health in this second, whose figures these are. */
  readonly shard?: number;
  readonly verdict: HealthVerdict;
}

/**
 * The gateway's own counters in one second, as increases, except for `connections`. Messages in
 * `dropped` are not in `sent`.
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
 * Totals of a run so far. A complete file ends with them; for a truncated one, the reader adds up
 * the seconds.
 */
export interface RunTotals {
  readonly durationMs: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, GaugeFigures>>;
  readonly rates: Readonly<Record<string, RateFigures>>;
  /** Totals by series. */
  readonly trends: Readonly<Record<string, TrendTotals>>;
  readonly checks: readonly CheckFigures[];
  /** Paths of a script's groups, including those without a check. */
  readonly groups?: readonly string[];
  readonly iterations: { readonly complete: number; readonly interrupted: number };
}

/** Separates scenario, group and metric in the names of totals for each part of a script. */
export const PART_SEPARATOR = '\u0000';

/**
 * Counters used only for the comparison with a gateway, where k6's counts differ from what is
 * transmitted.
 */
export const BALANCE_COUNTERS = {
  /** Messages received after a script had closed the connection. */
  receivedAfterClose: 'wsg_msgs_received_after_close',
  /**
   * Counted in `ws_msgs_sent` without being a transmitted message: pings, closes, and messages
   * after a close.
   */
  sentNoMessage: 'wsg_sent_no_message',
} as const;

export interface TrendTotals extends TrendFigures {
  /** For times: the cumulative histograms by kind; summaries show `response`. */
  readonly histograms: Readonly<Partial<Record<HistogramKind, Histogram>>>;
  /** For trends of other values than times, which have no histograms. */
  readonly sketch?: ValueSketch;
}

/** The result of one threshold. */
export interface ThresholdRecord {
  readonly series: string;
  /** The text of the threshold: `p(95)<500`. */
  readonly expression: string;
  /**
   * The judged aggregate, such as `p(95)`, and its value; null without samples, which counts as 0.
   */
  readonly aggregate: string;
  readonly value: number | null;
  readonly ok: boolean;
  /** Whether the threshold ended the run. */
  readonly aborted: boolean;
}

/** The reason why a run ended. */
export type EndReason =
  'finished' | 'stopped-by-signal' | 'cut-by-signal' | 'thresholds-crossed' | 'aborted-by-script' | 'failed';

/** The generator's verdict on itself for the whole run, with reasons as sentences. */
export interface RunHealth {
  readonly verdict: RunVerdict;
  readonly reasons: readonly string[];
  readonly saturatedSeconds: readonly number[];
  /** In a merged run: the shard with the worst health, whose verdict this is. */
  readonly shard?: number;
}

/** Counts of messages by a gateway. Messages in `dropped` are not in `sent`. */
export interface GatewayCounts {
  readonly sent: number;
  readonly received: number;
  readonly dropped: number;
}

/** The increase of the gateway's counters over the whole run. */
export interface GatewayTotals extends GatewayCounts {
  /** The counters at the start of the run; since 2.1. */
  readonly before?: GatewayCounts;
}

export interface RunEnd {
  readonly reason: EndReason;
  /** Details of the reason, as a sentence. */
  readonly detail?: string;
  readonly totals: RunTotals;
  readonly health: RunHealth;
  readonly gateway?: GatewayTotals;
  /** Reasons why the figures of a merged run are not those of its plan, as sentences. */
  readonly invalid?: readonly string[];
}

/** A whole run: the result of the generator in memory, or of reading a file. */
export interface Run {
  readonly header: RunHeader;
  readonly seconds: readonly SecondRecord[];
  readonly health: readonly HealthRecord[];
  readonly gateway: readonly GatewayRecord[];
  readonly events: readonly RunEventRecord[];
  /** In the order of their definition; empty for a truncated run. */
  readonly thresholds: readonly ThresholdRecord[];
  readonly end: RunEnd;
  /** False if the file is truncated; `end` is then added up from its seconds. */
  readonly complete: boolean;
}
