import type { ScenarioState } from '../run-observer.js';

const STATES: readonly ScenarioState[] = ['waiting', 'running', 'stopping', 'interrupted', 'done'];

/** What a load thread tells of one scenario at any moment. */
export interface ThreadProgress {
  /** Since the thread's first iteration began; it stands still once the last one has ended. Whole milliseconds. */
  readonly elapsedMs: number;
  readonly activeVus: number;
  readonly allocatedVus: number;
  readonly completeIterations: number;
  readonly interruptedIterations: number;
  readonly droppedIterations: number;
  readonly state: ScenarioState;
}

const CELLS = 7;

/** Progress in shared memory, so that the display can look as often as it likes without a message. 64 bits a cell: the run's totals are read from it. */
export class ProgressCells {
  private readonly cells: BigInt64Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(CELLS * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.cells = new BigInt64Array(memory);
  }

  write(progress: ThreadProgress): void {
    const { activeVus, allocatedVus, completeIterations, interruptedIterations, droppedIterations } = progress;
    const counts = [activeVus, allocatedVus, completeIterations, interruptedIterations, droppedIterations];
    const figures = [...counts, STATES.indexOf(progress.state), progress.elapsedMs];
    figures.forEach((figure, cell) => Atomics.store(this.cells, cell, BigInt(figure)));
  }

  read(): ThreadProgress {
    const load = (cell: number): number => Number(Atomics.load(this.cells, cell));
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
