import type { LoadHealth, ThreadHealth } from '../health/thread-gauges.js';
import type { DrainedMetrics } from '../metric/drain-metrics.js';
import type { SampleBatch } from '../metric/sample-batch.js';
import type { Shard } from '../pacing/shard.js';
import type { Plan } from '../plan/plan.js';
import type { ScriptBundle, StageFailure } from '../script/script-runner.js';
import type { ScriptLogLine } from '../script/runtime/script-log.js';

/** What a load thread is born with. */
export interface ThreadStart {
  readonly plan: Plan;
  /** The part of each scenario that this thread runs. */
  readonly shard: Shard;
  /** Of an `IterationPool`, one for each scenario of the plan: shared by all threads. */
  readonly pools: readonly SharedArrayBuffer[];
  /**
   * Of a `ProgressCells`, one for each scenario of the plan, for each thread: its own are those of
   * its index.
   */
  readonly progress: readonly (readonly SharedArrayBuffer[])[];
  /** Of a `SampleCredit`, when somebody wants every sample. */
  readonly samples?: SharedArrayBuffer;
  /** Whether the seconds also tell what each scenario and group recorded. */
  readonly breaksDown?: boolean;
  /** Of the `LineCredit` of all threads. */
  readonly lines: SharedArrayBuffer;
  /** What the virtual users run, unless a built-in scenario. */
  readonly script?: ScriptBundle;
}

/**
 * To a thread: start no more iterations and interrupt those under way. A thread is cut by ending
 * it.
 */
export interface StopMessage {
  readonly type: 'stop';
}

/** To every thread, once all are ready: the run begins. */
export interface BeginMessage {
  readonly type: 'begin';
  /** By `process.hrtime`, which all threads share: their seconds have the same bounds. */
  readonly startNs: bigint;
}

/** What came of a script's `setup`, which the first thread runs for all. */
export interface SetUpOutcome {
  /** False: no iteration may begin. */
  readonly mayBegin: boolean;
  /** What it returned, as JSON. */
  readonly data?: string;
}

/** To every thread: the iterations begin. */
export interface RunMessage {
  readonly type: 'run';
  readonly setUp: SetUpOutcome;
}

/**
 * To every thread, once all iterations are over: the first one runs `teardown`, and each comes to
 * its end.
 */
export interface FinishMessage {
  readonly type: 'finish';
}

export type ToThread = StopMessage | BeginMessage | RunMessage | FinishMessage;

/** From a thread: its virtual users are made. */
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

/** From a thread, after each second and at its end: what the second added. */
export interface SecondMessage {
  readonly type: 'second';
  /** From 0. */
  readonly second: number;
  /** Since the thread's start, at the end of this second. */
  readonly elapsedMs: number;
  readonly metrics: DrainedMetrics;
  /** The same for each scenario and group, when that is wanted. */
  readonly parts?: DrainedMetrics;
  readonly health: ThreadHealth;
  readonly load: LoadHealth;
  /**
   * Places in the plan of scenarios that had to drop iterations because no more virtual users may
   * be made.
   */
  readonly shortOfVus?: readonly number[];
}

/** From a thread, when somebody wants every sample. */
export interface SamplesMessage {
  readonly type: 'samples';
  readonly batch: SampleBatch;
}

/** From a thread, when its script writes to the log or is written about. */
export interface LogMessage {
  readonly type: 'log';
  readonly line: ScriptLogLine;
}

/**
 * From a thread, when its script says something of the whole test: `exec.test.abort`,
 * `exec.test.fail`.
 */
export interface VerdictMessage {
  readonly type: 'verdict';
  readonly verdict: 'aborted' | 'failed';
  readonly reason: string;
}

/** From a thread, once and last: all iterations are over and all connections gone. */
export interface EndMessage {
  readonly type: 'end';
  /**
   * From the start to the last iteration's end; connections that were still closing are not in it.
   */
  readonly durationMs: number;
  /** Why `setup` or `teardown` of a script did not end as it should. */
  readonly stageFailure?: StageFailure;
  /** What `setup` returned, as JSON. */
  readonly setupData?: string;
}

/** From a thread, once each and in this order, as it comes along. */
export type StepMessage = ReadyMessage | SetUpMessage | UsersDoneMessage;

/**
 * From a thread, instead of all others: its script threw while it was loaded for a virtual user.
 */
export interface InitFailedMessage {
  readonly type: 'initFailed';
  /** The error with the script's frames. */
  readonly text: string;
}

/** From a thread, last: it ends because of an error that nothing caught. */
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

/** Whether a message is one of ours; both sides are the same build, so its type is enough. */
export function isFromThread(message: unknown): message is FromThread {
  return hasType(message) && FROM.includes(message.type);
}

/** Whether a message is one for a thread. */
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
