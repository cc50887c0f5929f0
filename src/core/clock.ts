import { performance } from 'node:perf_hooks';

/** Where time comes from. Tests bring one of their own. All durations are fractional milliseconds. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  /** Milliseconds since the Unix epoch, by the wall clock. */
  wallNow(): number;
  /** Runs `task` once after `delayMs`; the returned function cancels it and may be called at any time. */
  schedule(task: () => void, delayMs: number): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  schedule: (task, delayMs) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};
