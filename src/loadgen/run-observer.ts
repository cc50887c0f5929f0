import type { RunEventRecord, RunHeader, SecondRecord } from '../run-file/records.js';
import type { ScenarioPlan } from './plan/plan.js';

/** Where a scenario stands: k6's runes are ' ' running, ↓ stopping (its graceful stop runs), ✗ interrupted, ✓ done. */
export type ScenarioState = 'running' | 'stopping' | 'interrupted' | 'done';

/** One scenario at a moment of the run. */
export interface ScenarioProgress {
  readonly plan: ScenarioPlan;
  readonly state: ScenarioState;
  /** Time since the scenario's start, at most its duration (or maximal duration). */
  readonly elapsedMs: number;
  /** 0 to 1: of the time with constant-vus, of the iterations otherwise. */
  readonly fraction: number;
  readonly completeIterations: number;
}

/** A run at a moment. */
export interface RunProgress {
  readonly elapsedMs: number;
  readonly activeVus: number;
  readonly initialisedVus: number;
  readonly completeIterations: number;
  readonly interruptedIterations: number;
  readonly scenarios: readonly ScenarioProgress[];
}

/** Who wants to know how a run goes. Called on the main thread; must not throw and should return soon. */
export interface RunObserver {
  /** Once, when the target has answered and before the first iteration. */
  started?(header: RunHeader): void;
  /** Every 100 ms, and once more at the end. */
  progressed?(progress: RunProgress): void;
  /** After each second. */
  secondEnded?(second: SecondRecord): void;
  /** A stall, an interruption, a warning. */
  happened?(event: RunEventRecord): void;
}
