import { systemClock } from '../../src/core/clock.js';
import { IterationPool } from '../../src/loadgen/executor/executor.js';
import { WHOLE } from '../../src/loadgen/pacing/shard.js';
import type { LoadFlags } from '../../src/loadgen/options/index.js';
import { SampleBuffer, SampleCredit, type SampleBatch } from '../../src/loadgen/metric/sample-batch.js';
import { planLoad } from '../../src/loadgen/plan/parse-load-options.js';
import { RunAccumulator } from '../../src/loadgen/run/run-accumulator.js';
import { Script } from '../../src/loadgen/script/script.js';
import type { ScriptLogLine } from '../../src/loadgen/script/runtime/script-log.js';
import { runLoad } from './run-load.js';
import { Load } from '../../src/loadgen/thread/load.js';
import { createScriptLoad } from '../../src/loadgen/thread/script-load.js';
import type { EndMessage } from '../../src/loadgen/thread/protocol.js';
import { ProgressCells } from '../../src/loadgen/thread/progress-cells.js';
import type { RunTotals } from '../../src/run-file/records.js';

/** The result of a script that was run in this thread. */
export interface ScriptRun {
  readonly totals: RunTotals;
  readonly logs: readonly ScriptLogLine[];
  /** The messages of the log, in order. */
  readonly lines: readonly string[];
  readonly verdicts: readonly string[];
  readonly end: Omit<EndMessage, 'type'>;
  readonly program: Script;
}

export interface ScriptRunOptions {
  /** Path of the script, which is read instead of the text. */
  readonly path?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: LoadFlags;
  /** Takes each sample, as outputs do. */
  readonly sampled?: (batch: SampleBatch) => void;
  /** Receives the load as soon as it runs. */
  readonly started?: (load: Load) => void;
}

/**
 * Compiles and runs a script as a load thread does, in this thread. By default it is one iteration
 * of one virtual user.
 */
export async function runScript(source: string, options: ScriptRunOptions = {}): Promise<ScriptRun> {
  const logs: ScriptLogLine[] = [];
  const verdicts: string[] = [];
  const accumulator = new RunAccumulator();
  const where = options.path === undefined ? { path: '-', source } : { path: options.path };
  const program = await Script.load({ ...where, env: options.env ?? {}, log: (line) => void logs.push(line) });
  const { plan } = planLoad({ flags: options.flags ?? {}, script: program.options });
  const load = new Load({
    plan,
    shard: WHOLE,
    pools: plan.scenarios.map(() => new IterationPool()),
    clock: systemClock,
    script: { bundle: program.forRun(plan).bundle, createScriptLoad },
    samples: options.sampled && sampleBuffer(options.sampled),
    events: {
      progress: [plan.scenarios.map(() => new ProgressCells())],
      secondEnded: ({ metrics }) => accumulator.add(metrics),
      log: (line) => void logs.push(line),
      verdict: (verdict, reason) => {
        verdicts.push(`${verdict}: ${reason}`);
        if (verdict === 'aborted') load.stop();
      },
    },
  });
  options.started?.(load);
  const end = await runLoad(load);
  const totals = accumulator.totals(end.durationMs, { complete: 0, interrupted: 0 });
  return { totals, logs, lines: logs.map(({ text }) => text), verdicts, end, program };
}

function sampleBuffer(post: (batch: SampleBatch) => void): SampleBuffer {
  return new SampleBuffer({ wallNow: () => systemClock.wallNow(), credit: new SampleCredit(), post });
}
