import { performance } from 'node:perf_hooks';

/** Where time comes from. Tests bring one of their own. All durations are fractional milliseconds. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  /** Milliseconds since the Unix epoch, by the wall clock. */
  wallNow(): number;
  /** Runs `task` once after `delayMs`, however long; the returned function cancels it and may be called at any time. */
  schedule(task: () => void, delayMs: number): () => void;
}

/** Node keeps a timer's delay in 31 bits (24.8 days) and fires at once what is longer. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  schedule: (task, delayMs) => {
    let timer = setTimeout(next, Math.min(delayMs, LONGEST_TIMER_MS), delayMs);
    function next(leftMs: number): void {
      const restMs = leftMs - LONGEST_TIMER_MS;
      if (restMs > 0) timer = setTimeout(next, Math.min(restMs, LONGEST_TIMER_MS), restMs);
      else task();
    }
    return () => clearTimeout(timer);
  },
};
