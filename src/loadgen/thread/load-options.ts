import type { Clock } from '../../core/clock.js';
import type { IterationPool } from '../executor/executor.js';
import type { SampleBuffer } from '../metric/sample-batch.js';
import type { Shard } from '../pacing/shard.js';
import type { Plan } from '../plan/plan.js';
import type { ScriptBundle } from '../script/script-runner.js';
import type { ProgressCells } from './progress-cells.js';
import type { SecondMessage } from './protocol.js';
import type { ScriptOutlets } from './script-load.js';

/** Where a load tells how it goes. */
export interface LoadOutlets extends ScriptOutlets {
  /** Of each thread one for each scenario of the plan; its own are those of its shard's index. */
  readonly progress: readonly (readonly ProgressCells[])[];
  secondEnded(message: SecondMessage): void;
}

/** What a load is made of. */
export interface LoadOptions {
  readonly plan: Plan;
  /** Of the threads of this process; the plan's execution segment comes before. */
  readonly shard: Shard;
  /** One for each scenario of the plan. */
  readonly pools: readonly IterationPool[];
  readonly outlets: LoadOutlets;
  readonly clock: Clock;
  /** Hears of every sample, when somebody wants them. */
  readonly samples?: SampleBuffer;
  /** Whether the seconds also tell what each scenario and group recorded. */
  readonly breaksDown?: boolean;
  /** What the virtual users run, when the plan's behaviour is a script. */
  readonly script?: ScriptBundle;
}
