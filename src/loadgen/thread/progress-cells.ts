import type { ScenarioState } from '../run-observer.js';

const STATES: readonly ScenarioState[] = ['running', 'stopping', 'interrupted', 'done'];

/** What a load thread tells of one scenario at any moment. */
export interface ThreadProgress {
  /** Since the thread's first iteration began; it stands still once the last one has ended. Whole milliseconds. */
  readonly elapsedMs: number;
  readonly activeVus: number;
  readonly completeIterations: number;
  readonly interruptedIterations: number;
  readonly state: ScenarioState;
}

const CELLS = 5;

/** Progress in shared memory, so that the display can look as often as it likes without a message. 64 bits a cell: the run's totals are read from it. */
export class ProgressCells {
  private readonly cells: BigInt64Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(CELLS * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.cells = new BigInt64Array(memory);
  }

  write(progress: ThreadProgress): void {
    const { activeVus, completeIterations, interruptedIterations, state, elapsedMs } = progress;
    const figures = [activeVus, completeIterations, interruptedIterations, STATES.indexOf(state), elapsedMs];
    figures.forEach((figure, cell) => Atomics.store(this.cells, cell, BigInt(figure)));
  }

  read(): ThreadProgress {
    const load = (cell: number): number => Number(Atomics.load(this.cells, cell));
    return {
      activeVus: load(0),
      completeIterations: load(1),
      interruptedIterations: load(2),
      elapsedMs: load(4),
      state: STATES[load(3)] ?? 'running',
    };
  }
}
