import { performance } from 'node:perf_hooks';

/**
 * Where time comes from. Tests bring one of their own. All durations are fractional milliseconds.
 */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  /** Milliseconds since the Unix epoch, by the wall clock. */
  wallNow(): number;
  /**
   * Runs `task` once after `delayMs`, however long, and never before: `now()` has moved by that
   * much. The returned function cancels it and may be called at any time.
   */
  schedule(task: () => void, delayMs: number): () => void;
}

/** Node keeps a timer's delay in 31 bits (24.8 days) and fires at once what is longer. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  schedule: (task, delayMs) => {
    const dueMs = performance.now() + delayMs;
    let timer = setTimeout(next, timerMs(delayMs));
    function next(): void {
      // Node counts whole milliseconds, and so fires up to one too early: a task that looks at the
      // clock would find nothing due.
      const leftMs = dueMs - performance.now();
      if (leftMs > 0) timer = setTimeout(next, timerMs(leftMs));
      else task();
    }
    return () => clearTimeout(timer);
  },
};

function timerMs(delayMs: number): number {
  return Math.min(Math.ceil(delayMs), LONGEST_TIMER_MS);
}
