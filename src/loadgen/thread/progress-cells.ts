import type { ScenarioState } from '../run-observer.js';

const STATES: readonly ScenarioState[] = ['running', 'stopping', 'interrupted', 'done'];

/** What a load thread tells of one scenario at any moment. */
export interface ThreadProgress {
  readonly activeVus: number;
  readonly completeIterations: number;
  readonly interruptedIterations: number;
  readonly state: ScenarioState;
}

const CELLS = 4;

/** Progress in shared memory, so that the display can look as often as it likes without a message. */
export class ProgressCells {
  private readonly cells: Int32Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT)) {
    this.cells = new Int32Array(memory);
  }

  write(progress: ThreadProgress): void {
    Atomics.store(this.cells, 0, progress.activeVus);
    Atomics.store(this.cells, 1, progress.completeIterations);
    Atomics.store(this.cells, 2, progress.interruptedIterations);
    Atomics.store(this.cells, 3, STATES.indexOf(progress.state));
  }

  read(): ThreadProgress {
    return {
      activeVus: Atomics.load(this.cells, 0),
      completeIterations: Atomics.load(this.cells, 1),
      interruptedIterations: Atomics.load(this.cells, 2),
      state: STATES[Atomics.load(this.cells, 3)] ?? 'running',
    };
  }
}
