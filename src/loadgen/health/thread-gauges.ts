import { PerformanceObserver, performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Clock } from '../../core/clock.js';
import { Histogram } from '../../core/histogram/histogram.js';
import type { Executor } from '../executor/executor.js';

/** A clock that records in `lag` how late each scheduled task ran. */
export class LagClock implements Clock {
  readonly #clock: Clock;
  readonly #lag: Histogram;

  constructor(clock: Clock, lag: Histogram) {
    this.#clock = clock;
    this.#lag = lag;
  }

  now(): number {
    return this.#clock.now();
  }

  wallNow(): number {
    return this.#clock.wallNow();
  }

  schedule(task: () => void, delayMs: number): () => void {
    const dueMs = this.#clock.now() + delayMs;
    return this.#clock.schedule(() => {
      this.#lag.record(Math.max(0, this.#clock.now() - dueMs));
      task();
    }, delayMs);
  }
}

/**
 * Interval in milliseconds of an empty task, so that lag is measured even while all virtual users
 * wait.
 */
const PROBE_MS = 20;

/** Health of a load thread since the last reading. */
export interface ThreadHealth {
  /** 0 to 1. */
  readonly eventLoopUse: number;
  /** Delays of scheduled actions. */
  readonly scheduleLag: { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };
  readonly gcMs: number;
}

/** Load figures of a thread's virtual users in one second. */
export interface LoadHealth {
  /** Bytes that were sent and not yet accepted by the operating system at the end of the second. */
  readonly backlogBytes: number;
  /** Scheduled actions that were started, and those that were due; undefined without a schedule. */
  readonly pace?: Pace;
}

/** Scheduled actions of a second. */
export interface Pace {
  readonly begun: number;
  readonly planned: number;
}

/** Measures its own thread: event loop, schedule lag and garbage collection. */
export class ThreadGauges {
  /** Tasks that a `LagClock` schedules with this histogram also count. */
  readonly lag = new Histogram();
  readonly #observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) this.#gcMs += entry.duration;
  });
  #gcMs = 0;
  #loop: EventLoopUtilization = performance.eventLoopUtilization();
  #cancelProbe: () => void = () => undefined;

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#loop = performance.eventLoopUtilization();
    this.#probe();
  }

  stop(): void {
    this.#observer.disconnect();
    this.#cancelProbe();
  }

  /** Returns the values since the last reading, and starts the next interval. */
  read(): ThreadHealth {
    const now = performance.eventLoopUtilization();
    const use = performance.eventLoopUtilization(now, this.#loop).utilization;
    const { count, max } = this.lag;
    const scheduleLag = { count, p50: this.lag.valueAtPercentile(50), p99: this.lag.valueAtPercentile(99), max };
    const health = { eventLoopUse: Number.isFinite(use) ? use : 0, scheduleLag, gcMs: this.#gcMs };
    this.#loop = now;
    this.lag.reset();
    this.#gcMs = 0;
    return health;
  }

  #probe(): void {
    const dueMs = this.#clock.now() + PROBE_MS;
    this.#cancelProbe = this.#clock.schedule(() => {
      this.lag.record(Math.max(0, this.#clock.now() - dueMs));
      this.#probe();
    }, PROBE_MS);
  }
}

/**
 * Counts the iterations that arrival-rate executors started in a second, and those that were due.
 */
export class ArrivalPace {
  #begunBefore = 0;

  /** Returns the counts since the last call; undefined if no executor has a rate. */
  take(executors: readonly Executor[]): Pace | undefined {
    const scheduled = executors.filter(({ plannedPerSecond }) => plannedPerSecond !== undefined);
    if (scheduled.length === 0) return undefined;
    const begun = scheduled.reduce(
      (sum, { completeIterations, interruptedIterations, activeVus }) =>
        sum + completeIterations + interruptedIterations + activeVus,
      0,
    );
    const pace = {
      begun: begun - this.#begunBefore,
      planned: scheduled.reduce((sum, { plannedPerSecond = 0 }) => sum + plannedPerSecond, 0),
    };
    this.#begunBefore = begun;
    return pace;
  }
}
