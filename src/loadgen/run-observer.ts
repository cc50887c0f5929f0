import type { RunEventRecord, RunHeader, SecondRecord } from '../run-file/records.js';
import type { ScriptLogLine } from './script/runtime/script-log.js';
import type { ProgressScenario, ProgressView } from '../summary/progress.js';

/** Where a scenario stands: k6's runes are • waiting for its start, ' ' running, ↓ stopping (its graceful stop runs), ✗ interrupted, ✓ done. */
export type ScenarioState = ProgressScenario['state'];

/** A run at a moment. */
export type RunProgress = ProgressView;

/** Who wants to know how a run goes. Called on the main thread; must not throw and should return soon. */
export interface RunObserver {
  /** Once, when the target has answered and before the first iteration. */
  started?(header: RunHeader): void;
  /** Every 100 ms, and once more at the end. */
  progressed?(progress: RunProgress): void;
  /** After each second. */
  secondEnded?(second: SecondRecord): void;
  /** A line that a script wrote to the log, or that is about it. */
  logged?(line: ScriptLogLine): void;
  /** A stall, an interruption, a warning. */
  happened?(event: RunEventRecord): void;
}
