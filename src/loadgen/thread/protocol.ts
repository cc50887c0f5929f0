import type { ThreadHealth } from '../health/thread-gauges.js';
import type { DrainedMetrics } from '../metric/drain-metrics.js';
import type { Shard } from '../pacing/shard.js';
import type { Plan } from '../plan/plan.js';

/** What a load thread is born with. */
export interface ThreadStart {
  readonly plan: Plan;
  /** The part of each scenario that this thread runs. */
  readonly shard: Shard;
  /** Of an `IterationPool`, one for each scenario of the plan: shared by all threads. */
  readonly pools: readonly SharedArrayBuffer[];
  /** Of a `ProgressCells`, one for each scenario of the plan. */
  readonly progress: readonly SharedArrayBuffer[];
}

/** To a thread: start no more iterations and interrupt those under way. A thread is cut by ending it. */
export interface StopMessage {
  readonly type: 'stop';
}

/** From a thread, after each second and at its end: what the second added. */
export interface SecondMessage {
  readonly type: 'second';
  /** From 0. */
  readonly second: number;
  /** Since the thread's start, at the end of this second. */
  readonly elapsedMs: number;
  readonly metrics: DrainedMetrics;
  readonly health: ThreadHealth;
}

/** From a thread, once and last: all iterations are over and all connections gone. */
export interface EndMessage {
  readonly type: 'end';
  /** From the start to the last iteration's end; connections that were still closing are not in it. */
  readonly durationMs: number;
}

export type FromThread = SecondMessage | EndMessage;

/** Whether a message is one of ours; both sides are the same build, so its type is enough. */
export function isFromThread(message: unknown): message is FromThread {
  return hasType(message) && (message.type === 'second' || message.type === 'end');
}

/** Whether a message to a thread is a stop. */
export function isStopMessage(message: unknown): message is StopMessage {
  return hasType(message) && message.type === 'stop';
}

/** Whether a thread's `workerData` is a start. */
export function isThreadStart(value: unknown): value is ThreadStart {
  return typeof value === 'object' && value !== null && 'plan' in value && 'progress' in value;
}

function hasType(message: unknown): message is { readonly type: unknown } {
  return typeof message === 'object' && message !== null && 'type' in message;
}
