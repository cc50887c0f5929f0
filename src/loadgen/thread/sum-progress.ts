import type { Executor } from '../executor/executor.js';
import type { ScenarioState } from '../run-observer.js';
import type { ThreadProgress } from './progress-cells.js';

/** What a scenario is as long as any thread is. */
const FROM_FIRST_TO_LAST: readonly ScenarioState[] = ['running', 'stopping', 'waiting', 'interrupted', 'done'];

/** The progress of one scenario over all threads. */
export function sumProgress(threads: readonly ThreadProgress[]): ThreadProgress {
  const sum = (of: (thread: ThreadProgress) => number): number =>
    threads.reduce((total, thread) => total + of(thread), 0);
  const states = threads.map(({ state }) => state);
  return {
    elapsedMs: Math.max(0, ...threads.map(({ elapsedMs }) => elapsedMs)),
    activeVus: sum(({ activeVus }) => activeVus),
    allocatedVus: sum(({ allocatedVus }) => allocatedVus),
    completeIterations: sum(({ completeIterations }) => completeIterations),
    interruptedIterations: sum(({ interruptedIterations }) => interruptedIterations),
    droppedIterations: sum(({ droppedIterations }) => droppedIterations),
    state: FROM_FIRST_TO_LAST.find((state) => states.includes(state)) ?? 'waiting',
  };
}

/** The progress of one scenario in one thread. */
export function progressOf(executor: Executor, elapsedMs: number): ThreadProgress {
  const { state, activeVus, allocatedVus, completeIterations, interruptedIterations, droppedIterations } = executor;
  const iterations = { completeIterations, interruptedIterations, droppedIterations };
  return { state, activeVus, allocatedVus, ...iterations, elapsedMs: Math.round(elapsedMs) };
}
