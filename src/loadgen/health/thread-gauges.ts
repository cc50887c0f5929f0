import { PerformanceObserver, performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Clock } from '../../core/clock.js';
import { Histogram } from '../../core/histogram/histogram.js';
import type { Executor } from '../executor/executor.js';

/** A clock that records into `lag` how late each scheduled task ran. */
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
 * How often a task of no other purpose is scheduled, so that lag is known even while the virtual
 * users wait: milliseconds.
 */
const PROBE_MS = 20;

/** How a load thread did since the last reading. */
export interface ThreadHealth {
  /** 0 to 1. */
  readonly eventLoopUse: number;
  /** How late scheduled actions ran. */
  readonly scheduleLag: { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };
  readonly gcMs: number;
}

/** What virtual users of a thread have to say of their second. */
export interface LoadHealth {
  /** Bytes that were sent and the system had not taken, at its end. */
  readonly backlogBytes: number;
  /**
   * Scheduled actions that were begun, and those that the schedule wants; undefined where nothing
   * is scheduled.
   */
  readonly pace?: Pace;
}

/** Scheduled actions of a second. */
export interface Pace {
  readonly begun: number;
  readonly planned: number;
}

/** Measures the thread in which it runs: event loop, schedule lag and garbage collection. */
export class ThreadGauges {
  /** Tasks that a `LagClock` with this histogram schedules count as well. */
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

  /** What was measured since the last reading; the next one begins here. */
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

/** How many iterations of arrival rates began in a second, and how many their schedules want. */
export class ArrivalPace {
  #begunBefore = 0;

  /** Since the last call; undefined when none of the executors has a rate. */
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
