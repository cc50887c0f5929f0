import type { Clock } from '../../core/clock.js';
import type { Histogram } from '../../core/histogram.js';

/** A clock that records into `lag` how late each scheduled task ran. */
export class LagClock implements Clock {
  constructor(
    private readonly clock: Clock,
    private readonly lag: Histogram,
  ) {}

  now(): number {
    return this.clock.now();
  }

  wallNow(): number {
    return this.clock.wallNow();
  }

  schedule(task: () => void, delayMs: number): () => void {
    const dueMs = this.clock.now() + delayMs;
    return this.clock.schedule(() => {
      this.lag.record(Math.max(0, this.clock.now() - dueMs));
      task();
    }, delayMs);
  }
}
