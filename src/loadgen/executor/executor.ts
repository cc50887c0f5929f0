import type { Clock } from '../../core/clock.js';
import type { Shard } from '../pacing/shard.js';
import type { TimeSlices } from './time-slices.js';

/** One iteration that an executor gives to a virtual user. */
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
  /** The same within this process's part of the plan (`iterationInInstance`). */
  readonly iterationInInstance: number;
}

/** Runs the iterations of virtual users. */
export interface IterationRunner {
  /**
   * Runs one iteration of the scenario's virtual user (from 0 within this thread's share) to its
   * end; true when complete, false when it was interrupted. Never rejects.
   */
  iterate(user: number, ticket: IterationTicket): Promise<boolean>;
  /** Ends the running iteration of one virtual user as soon as possible, if there is one. */
  interrupt(user: number): void;
  /** Ends every running iteration as soon as possible. */
  interruptAll(): void;
}

/** Numbers the iterations of a scenario over all threads, in memory that they share. */
export class IterationPool {
  readonly #taken: BigInt64Array;

  /** `memory` is the memory of another thread's pool; new memory unless given. */
  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.#taken = new BigInt64Array(memory);
  }

  /** Takes the next number, from 0; undefined when `limit` numbers are taken. */
  take(limit = Number.POSITIVE_INFINITY): number | undefined {
    const number = Number(Atomics.add(this.#taken, 0, 1n));
    return number < limit ? number : undefined;
  }

  /** Takes all numbers that are left below `limit`, and returns how many there were. */
  takeRest(limit: number): number {
    return Math.max(0, limit - Number(Atomics.exchange(this.#taken, 0, BigInt(limit))));
  }
}

/**
 * `interrupted`: stopped from outside. When the grace period ends and iterations are interrupted,
 * the executor is `done`, as in k6.
 */
export type ExecutorState = 'waiting' | 'running' | 'stopping' | 'interrupted' | 'done';

/** Starts the iterations of one scenario in one thread. */
export interface Executor {
  readonly state: ExecutorState;
  /** Virtual users that run an iteration, or are about to start one. */
  readonly activeVus: number;
  /** Virtual users that exist for it at this moment. */
  readonly allocatedVus: number;
  readonly completeIterations: number;
  readonly interruptedIterations: number;
  /**
   * Iterations that were due when no virtual user was free, or that had not started when the time
   * was up.
   */
  readonly droppedIterations: number;
  /** An iteration was dropped because all virtual users were busy and no more may be created. */
  readonly isShortOfVus?: boolean;
  /** Iterations a second that are planned for this moment; undefined without a schedule. */
  readonly plannedPerSecond?: number;
  /**
   * Waits for its start, runs, and resolves when no iteration runs and none will start. Call it
   * once.
   */
  run(): Promise<void>;
  /** Starts no further iteration and interrupts running ones at once, as k6 does on a signal. */
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
