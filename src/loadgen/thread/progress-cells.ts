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
    Atomics.store(this.cells, 4, progress.elapsedMs);
  }

  read(): ThreadProgress {
    return {
      activeVus: Atomics.load(this.cells, 0),
      completeIterations: Atomics.load(this.cells, 1),
      interruptedIterations: Atomics.load(this.cells, 2),
      elapsedMs: Atomics.load(this.cells, 4),
      state: STATES[Atomics.load(this.cells, 3)] ?? 'running',
    };
  }
}
