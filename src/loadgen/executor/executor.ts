import type { Clock } from '../../core/clock.js';
import type { Shard } from '../pacing/shard.js';
import type { IterationRunner } from './iteration-runner.js';
import type { IterationPool } from './iteration-pool.js';
import type { TimeSlices } from './time-slices.js';

/** `interrupted`: stopped from outside. What the end of the graceful stop interrupts leaves the executor `done`, as in k6. */
export type ExecutorState = 'waiting' | 'running' | 'stopping' | 'interrupted' | 'done';

/** Starts the iterations of one scenario in one thread. One implementation for each of k6's executors, one file each. */
export interface Executor {
  readonly state: ExecutorState;
  /** Virtual users with an iteration under way, or about to begin one. */
  readonly activeVus: number;
  /** Virtual users that there are for it at this moment. */
  readonly allocatedVus: number;
  readonly completeIterations: number;
  readonly interruptedIterations: number;
  /** Iterations that were due when no virtual user was free, or that nobody had begun when the time was up. */
  readonly droppedIterations: number;
  /** An iteration was dropped because all virtual users were busy and no more may be made. */
  readonly isShortOfVus?: boolean;
  /** Iterations that are to begin in a second, at this moment; undefined where no schedule says so. */
  readonly plannedPerSecond?: number;
  /** Waits for its start, runs, and resolves when no iteration is under way and none will start. Call it once. */
  run(): Promise<void>;
  /** Starts no further iteration and interrupts those under way at once, as k6 does on a signal. */
  stop(): void;
}

/** What an executor works with. */
export interface ExecutorContext {
  readonly runner: IterationRunner;
  readonly clock: Clock;
  /** This thread's part of the scenario. */
  readonly shard: Shard;
  /** Numbers the scenario's iterations over all threads. */
  readonly pool: IterationPool;
  /** Of the thread. */
  readonly slices: TimeSlices;
}
