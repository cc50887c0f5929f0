import type { Clock } from '../../core/clock.js';

/** Resolves when `work` has ended, well or badly, or when the time is over: true in the first case. */
export function waitAtMost(clock: Clock, work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(() => resolve(false), timeoutMs);
    const end = () => {
      cancel();
      resolve(true);
    };
    work.then(end, end);
  });
}
