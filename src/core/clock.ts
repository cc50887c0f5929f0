import { performance } from 'node:perf_hooks';

/** Source of time; tests use their own. All durations are fractional milliseconds. */
export interface Clock {
  /** Monotonic time in milliseconds; only differences are meaningful. */
  now(): number;
  /** Milliseconds since the Unix epoch, by the wall clock. */
  wallNow(): number;
  /**
   * Runs `task` once after `delayMs`, which may be of any length, and never earlier by `now()`. The
   * returned function cancels it and may be called at any time.
   */
  schedule(task: () => void, delayMs: number): () => void;
}

/** Node stores a timer's delay in 31 bits (24.8 days), and fires longer ones immediately. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** The system clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  schedule: (task, delayMs) => {
    const dueMs = performance.now() + delayMs;
    let timer = setTimeout(next, timerMs(delayMs));
    function next(): void {
      // Node counts whole milliseconds, so a timer may fire up to one millisecond early, and a task
      // that checks the clock would find nothing due.
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
