import type { Executor } from '../executor/executor.js';
import type { Pace } from './thread-gauges.js';

/** How many iterations of arrival rates began in a second, and how many their schedules want. */
export class ArrivalPace {
  private begunBefore = 0;

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
      begun: begun - this.begunBefore,
      planned: scheduled.reduce((sum, { plannedPerSecond = 0 }) => sum + plannedPerSecond, 0),
    };
    this.begunBefore = begun;
    return pace;
  }
}
