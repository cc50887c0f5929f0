import type { Executor } from '../executor/executor.js';
import type { ProgressScenario } from '../../summary/k6/progress.js';

const STATES: readonly ScenarioState[] = ['waiting', 'running', 'stopping', 'interrupted', 'done'];

/** Progress of one scenario in a load thread. */
export interface ThreadProgress {
  /**
   * Whole milliseconds since the thread's first iteration began; constant once the last one has
   * ended.
   */
  readonly elapsedMs: number;
  readonly activeVus: number;
  readonly allocatedVus: number;
  readonly completeIterations: number;
  readonly interruptedIterations: number;
  readonly droppedIterations: number;
  readonly state: ScenarioState;
}

const CELLS = 7;

/**
 * Progress in shared memory, so that the display can read it at any time without a message. Cells
 * have 64 bits, because the totals of the run are read from them.
 */
export class ProgressCells {
  readonly #cells: BigInt64Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(CELLS * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.#cells = new BigInt64Array(memory);
  }

  write(progress: ThreadProgress): void {
    const { activeVus, allocatedVus, completeIterations, interruptedIterations, droppedIterations } = progress;
    const counts = [activeVus, allocatedVus, completeIterations, interruptedIterations, droppedIterations];
    const figures = [...counts, STATES.indexOf(progress.state), progress.elapsedMs];
    figures.forEach((figure, cell) => Atomics.store(this.#cells, cell, BigInt(figure)));
  }

  read(): ThreadProgress {
    const load = (cell: number): number => Number(Atomics.load(this.#cells, cell));
    return {
      activeVus: load(0),
      allocatedVus: load(1),
      completeIterations: load(2),
      interruptedIterations: load(3),
      droppedIterations: load(4),
      state: STATES[load(5)] ?? 'waiting',
      elapsedMs: load(6),
    };
  }
}

/** The state of a scenario is the first of these that any thread has. */
const FROM_FIRST_TO_LAST: readonly ScenarioState[] = ['running', 'stopping', 'waiting', 'interrupted', 'done'];

/** Merges the progress of one scenario over all threads. */
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

/** Returns the progress of one scenario in one thread. */
export function progressOf(executor: Executor, elapsedMs: number): ThreadProgress {
  const { state, activeVus, allocatedVus, completeIterations, interruptedIterations, droppedIterations } = executor;
  const iterations = { completeIterations, interruptedIterations, droppedIterations };
  return { state, activeVus, allocatedVus, ...iterations, elapsedMs: Math.round(elapsedMs) };
}

/**
 * The state of a scenario. k6's symbols: • waiting for its start, ' ' running, ↓ stopping (graceful
 * stop), ✗ interrupted, ✓ done.
 */
export type ScenarioState = ProgressScenario['state'];
