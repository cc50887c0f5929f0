import type { Clock } from '../../core/clock.js';
import type { Shard } from '../pacing/shard.js';
import type { TimeSlices } from './time-slices.js';

/** One iteration as its executor gives it to a virtual user. */
export interface IterationTicket {
  /**
   * When it was due, by the run's clock; for a looping virtual user the moment at which it begins.
   */
  readonly dueMs: number;
  /**
   * Which iteration of the scenario it is, from 0, over all threads (k6's
   * `exec.scenario.iterationInTest`).
   */
  readonly iterationInTest: number;
  /** The same within what this process runs of the plan (`iterationInInstance`). */
  readonly iterationInInstance: number;
}

/** Runs the iterations of virtual users; what they do is no business of the executor. */
export interface IterationRunner {
  /**
   * Runs one iteration of the scenario's virtual user (from 0 within this thread's share) to its
   * end; true when complete, false when it was interrupted. Never rejects.
   */
  iterate(user: number, ticket: IterationTicket): Promise<boolean>;
  /** Ends the iteration of one virtual user as soon as can be; nothing when none is under way. */
  interrupt(user: number): void;
  /** Ends every iteration under way as soon as can be. */
  interruptAll(): void;
}

/** Numbers the iterations of a scenario over all threads, in memory that they share. */
export class IterationPool {
  readonly #taken: BigInt64Array;

  /** `memory` is that of the pool of another thread; a new one without. */
  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.#taken = new BigInt64Array(memory);
  }

  /** The next number, from 0; undefined when `limit` are taken. */
  take(limit = Number.POSITIVE_INFINITY): number | undefined {
    const number = Number(Atomics.add(this.#taken, 0, 1n));
    return number < limit ? number : undefined;
  }

  /** How many of `limit` nobody took; nobody can after. */
  takeRest(limit: number): number {
    return Math.max(0, limit - Number(Atomics.exchange(this.#taken, 0, BigInt(limit))));
  }
}

/**
 * `interrupted`: stopped from outside. What the end of the graceful stop interrupts leaves the
 * executor `done`, as in k6.
 */
export type ExecutorState = 'waiting' | 'running' | 'stopping' | 'interrupted' | 'done';

/**
 * Starts the iterations of one scenario in one thread. One implementation for each of k6's
 * executors, one file each.
 */
export interface Executor {
  readonly state: ExecutorState;
  /** Virtual users with an iteration under way, or about to begin one. */
  readonly activeVus: number;
  /** Virtual users that there are for it at this moment. */
  readonly allocatedVus: number;
  readonly completeIterations: number;
  readonly interruptedIterations: number;
  /**
   * Iterations that were due when no virtual user was free, or that nobody had begun when the time
   * was up.
   */
  readonly droppedIterations: number;
  /** An iteration was dropped because all virtual users were busy and no more may be made. */
  readonly isShortOfVus?: boolean;
  /**
   * Iterations that are to begin in a second, at this moment; undefined where no schedule says so.
   */
  readonly plannedPerSecond?: number;
  /**
   * Waits for its start, runs, and resolves when no iteration is under way and none will start.
   * Call it once.
   */
  run(): Promise<void>;
  /** Starts no further iteration and interrupts those under way at once, as k6 does on a signal. */
  stop(): void;
}

/** The collaborators of an executor in one thread. */
export interface ExecutorDeps {
  readonly runner: IterationRunner;
  readonly clock: Clock;
  /** This thread's part of the scenario. */
  readonly shard: Shard;
  /** Numbers the scenario's iterations over all threads. */
  readonly pool: IterationPool;
  /** Lets the thread's event loop turn. */
  readonly slices: TimeSlices;
}
