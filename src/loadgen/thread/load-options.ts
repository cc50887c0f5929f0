import type { Clock } from '../../core/clock.js';
import type { IterationPool } from '../executor/executor.js';
import type { SampleBuffer } from '../metric/sample-batch.js';
import type { Shard } from '../pacing/shard.js';
import type { Plan } from '../plan/plan.js';
import type { ScriptBundle } from '../script/script-runner.js';
import type { ProgressCells } from './progress-cells.js';
import type { SecondMessage } from './protocol.js';
import type { ScriptLoad, ScriptLoadOptions, ScriptOutput } from './script-load.js';

/** Receives the progress and results of a load. */
export interface LoadEvents extends ScriptOutput {
  /**
   * For each thread, the cells of each scenario of the plan. Its own are those at the index of its
   * shard.
   */
  readonly progress: readonly (readonly ProgressCells[])[];
  secondEnded(message: SecondMessage): void;
}

/**
 * A script and what runs it. A thread without a script does not load the modules of k6 and its
 * HTML parser, which take a fifth of a second of CPU and 10 MB.
 */
export interface LoadedScript {
  readonly bundle: ScriptBundle;
  readonly createScriptLoad: (options: ScriptLoadOptions) => ScriptLoad;
}

/** Options and collaborators of a load. */
export interface LoadOptions {
  readonly plan: Plan;
  /** This thread's share within the process; the plan's execution segment is already applied. */
  readonly shard: Shard;
  /** One for each scenario of the plan. */
  readonly pools: readonly IterationPool[];
  readonly events: LoadEvents;
  readonly clock: Clock;
  /** Takes every sample, if an output records them. */
  readonly samples?: SampleBuffer;
  /** Whether the seconds also contain the figures by scenario and group. */
  readonly breaksDown?: boolean;
  /** The script of the virtual users, if the plan's behaviour is a script. */
  readonly script?: LoadedScript;
}
