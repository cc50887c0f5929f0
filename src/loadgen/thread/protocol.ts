import type { LoadHealth, ThreadHealth } from '../health/thread-gauges.js';
import type { DrainedMetrics } from '../metric/drain-metrics.js';
import type { SampleBatch } from '../metric/sample-batch.js';
import type { Shard } from '../pacing/shard.js';
import type { Plan } from '../plan/plan.js';
import type { ScriptBundle, StageFailure } from '../script/script-runner.js';
import type { ScriptLogLine } from '../script/runtime/script-log.js';

/** The initial data of a load thread. */
export interface ThreadStart {
  readonly plan: Plan;
  /** The part of each scenario that this thread runs. */
  readonly shard: Shard;
  /** Memory of an `IterationPool` for each scenario of the plan, shared by all threads. */
  readonly pools: readonly SharedArrayBuffer[];
  /**
   * Memory of `ProgressCells`: for each thread, one for each scenario of the plan. Its own are
   * those at its index.
   */
  readonly progress: readonly (readonly SharedArrayBuffer[])[];
  /** Memory of a `SampleCredit`, if an output records samples. */
  readonly samples?: SharedArrayBuffer;
  /** Whether the seconds also contain the figures by scenario and group. */
  readonly breaksDown?: boolean;
  /** Memory of the `LineCredit` of all threads. */
  readonly lines: SharedArrayBuffer;
  /** The script of the virtual users; undefined for a built-in scenario. */
  readonly script?: ScriptBundle;
}

/** To a thread: start no more iterations and interrupt the running ones. */
export interface StopMessage {
  readonly type: 'stop';
}

/** To every thread, once all are ready: the run begins. */
export interface BeginMessage {
  readonly type: 'begin';
  /**
   * Time of `process.hrtime`, which all threads share, so that their seconds have the same bounds.
   */
  readonly startNs: bigint;
}

/** Result of a script's `setup`, which the first thread runs for all. */
export interface SetUpOutcome {
  /** If false, no iteration may begin. */
  readonly mayBegin: boolean;
  /** The returned value as JSON. */
  readonly data?: string;
}

/** To every thread: the iterations begin. */
export interface RunMessage {
  readonly type: 'run';
  readonly setUp: SetUpOutcome;
}

/**
 * To every thread, once all iterations are over: the first one runs `teardown`, and all of them
 * finish.
 */
export interface FinishMessage {
  readonly type: 'finish';
}

export type ToThread = StopMessage | BeginMessage | RunMessage | FinishMessage;

/** From a thread: its virtual users exist. */
export interface ReadyMessage {
  readonly type: 'ready';
}

/** From the first thread. */
export interface SetUpMessage {
  readonly type: 'setUp';
  readonly outcome: SetUpOutcome;
}

/** From a thread: its iterations are over. */
export interface UsersDoneMessage {
  readonly type: 'usersDone';
}

/** From a thread, after each second and at its end: the values of that second. */
export interface SecondMessage {
  readonly type: 'second';
  /** Index from 0. */
  readonly second: number;
  /** Time from the thread's start to the end of this second. */
  readonly elapsedMs: number;
  readonly metrics: DrainedMetrics;
  /** The same by scenario and group, on request. */
  readonly parts?: DrainedMetrics;
  readonly health: ThreadHealth;
  readonly load: LoadHealth;
  /** Indexes of scenarios that dropped iterations because no more virtual users may be created. */
  readonly shortOfVus?: readonly number[];
}

/** From a thread, if an output records samples. */
export interface SamplesMessage {
  readonly type: 'samples';
  readonly batch: SampleBatch;
}

/** From a thread: a line that its script logged, or a line about the script. */
export interface LogMessage {
  readonly type: 'log';
  readonly line: ScriptLogLine;
}

/** From a thread: its script called `exec.test.abort` or `exec.test.fail`. */
export interface VerdictMessage {
  readonly type: 'verdict';
  readonly verdict: 'aborted' | 'failed';
  readonly reason: string;
}

/** From a thread, its last message: all iterations have ended and all connections are closed. */
export interface EndMessage {
  readonly type: 'end';
  /** Time from the start to the end of the last iteration, without the closing of connections. */
  readonly durationMs: number;
  /** The reason why `setup` or `teardown` failed. */
  readonly stageFailure?: StageFailure;
  /** The result of `setup` as JSON. */
  readonly setupData?: string;
}

/** From a thread, once each and in this order, as it reaches the steps. */
export type StepMessage = ReadyMessage | SetUpMessage | UsersDoneMessage;

/** From a thread, instead of all others: its script threw while a virtual user was created. */
export interface InitFailedMessage {
  readonly type: 'initFailed';
  /** The error with the script's stack frames. */
  readonly text: string;
}

/** From a thread, its last message: it ends because of an uncaught error. */
export interface CrashedMessage {
  readonly type: 'crashed';
  readonly text: string;
}

export type FromThread =
  | StepMessage
  | CrashedMessage
  | InitFailedMessage
  | SecondMessage
  | SamplesMessage
  | LogMessage
  | VerdictMessage
  | EndMessage;

const FROM: readonly unknown[] = [
  'crashed',
  'initFailed',
  'ready',
  'setUp',
  'usersDone',
  'second',
  'samples',
  'log',
  'verdict',
  'end',
];
const TO: readonly unknown[] = ['stop', 'begin', 'run', 'finish'];

/**
 * Whether a message comes from a load thread. Both sides are the same build, so checking its type
 * is sufficient.
 */
export function isFromThread(message: unknown): message is FromThread {
  return hasType(message) && FROM.includes(message.type);
}

/** Whether a message is addressed to a load thread. */
export function isToThread(message: unknown): message is ToThread {
  return hasType(message) && TO.includes(message.type);
}

/** Whether a thread's `workerData` is a start. */
export function isThreadStart(value: unknown): value is ThreadStart {
  return typeof value === 'object' && value !== null && 'plan' in value && 'progress' in value;
}

function hasType(message: unknown): message is { readonly type: unknown } {
  return typeof message === 'object' && message !== null && 'type' in message;
}
