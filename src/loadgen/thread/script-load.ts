import type { LookupFunction } from 'node:net';
import type { Clock } from '../../core/clock.js';
import type { BuiltInMetrics } from '../metric/built-in-metrics.js';
import type { SeriesRegistry } from '../metric/series-registry.js';
import type { Tags } from '../metric/series.js';
import type { Plan } from '../plan/plan.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';
import type { OpenConnections } from '../scenario/open-connections.js';
import { ScriptScenario } from '../script/script-scenario.js';
import { type ScriptBundle, type StageFailure, ScriptRunner } from '../script/script-runner.js';
import type { ScriptLogLine } from '../script/runtime/script-log.js';
import type { InstanceCounts } from '../script/runtime/vu-context.js';
import type { ThreadProgress } from './progress-cells.js';
import type { EndMessage, SetUpOutcome } from './protocol.js';

/** Receives the output of a load's script. */
export interface ScriptOutput {
  /** Receives lines of the script, and lines about it. */
  log(line: ScriptLogLine): void;
  /** Receives `exec.test.abort` and `exec.test.fail`. */
  verdict(verdict: 'aborted' | 'failed', reason: string): void;
}

/** Options and collaborators of a script load. */
export interface ScriptLoadOptions {
  readonly bundle: ScriptBundle;
  readonly plan: Plan;
  readonly registry: SeriesRegistry;
  readonly metrics: BuiltInMetrics;
  readonly connections: OpenConnections;
  readonly readBuffer: Buffer;
  readonly lookup: LookupFunction;
  readonly clock: Clock;
  readonly events: ScriptOutput;
  /** Progress of each scenario over all threads. */
  readonly progress: () => readonly ThreadProgress[];
  /** Clock times at which the load and its executors began; 0 before that. */
  readonly startMs: () => number;
  readonly executorsStartMs: () => number;
  /** Ends this thread's part of the test. */
  readonly stop: () => void;
}

/** The script of a load: its scenarios, with `setup` before and `teardown` after them. */
export class ScriptLoad {
  readonly #script: ScriptRunner;
  readonly #scenarios: { readonly scenario: ScriptScenario; readonly numbers: readonly number[] }[] = [];
  #failure: StageFailure | undefined;

  readonly #options: ScriptLoadOptions;

  constructor(options: ScriptLoadOptions) {
    this.#options = options;
    const { events, plan } = options;
    this.#script = new ScriptRunner({
      ...options,
      runtime: plan.runtime,
      tags: plan.tags,
      seed: plan.seed,
      counts: () => this.#counts(),
      events: {
        write: (line) => events.log(line),
        aborted: (reason) => {
          events.verdict('aborted', reason);
          // No further iteration may begin here before the other threads are informed.
          options.stop();
        },
        failed: (reason) => events.verdict('failed', reason),
      },
    });
  }

  /** `numbers` are the numbers of the initial virtual users. */
  createScenario(plan: ScenarioPlan, tags: Tags, numbers: readonly number[]): ScriptScenario {
    const { clock, executorsStartMs } = this.#options;
    const index = this.#scenarios.length;
    const iterations = (): number => this.#options.progress()[index]?.completeIterations ?? 0;
    const scenario = new ScriptScenario({
      script: this.#script,
      plan,
      tags,
      clock,
      startMs: executorsStartMs,
      iterations,
    });
    this.#scenarios.push({ scenario, numbers });
    return scenario;
  }

  /** Returns the tags of a scenario's samples, with the selected system tags. */
  tagsOf(scenario: string, given: readonly (readonly [string, string])[]): Tags {
    return new Map([...given, ...this.#script.thread.systemTags.pick({ scenario, group: '' })]);
  }

  /** Creates the initial virtual users. Rejects with the error of the script's top level. */
  async prepare(): Promise<void> {
    for (const { scenario, numbers } of this.#scenarios) await scenario.prepare(numbers);
  }

  /** Runs `setup`. If it fails, no iteration may begin. */
  async setUp(): Promise<SetUpOutcome> {
    this.#failure = await this.#script.setUp();
    return { mayBegin: this.#failure === undefined, data: this.#script.setupData };
  }

  /** Takes the result of `setup` from the thread that ran it, as JSON. */
  takeSetupData(data: string | undefined): void {
    this.#script.setupData = data;
  }

  async tearDown(): Promise<void> {
    this.#failure = await this.#script.tearDown();
  }

  /** Interrupts `setup` or `teardown`. */
  interruptStage(): void {
    this.#script.interrupt();
  }

  results(): Pick<EndMessage, 'setupData' | 'stageFailure'> {
    return { setupData: this.#script.setupData, stageFailure: this.#failure };
  }

  #counts(): InstanceCounts {
    const scenarios = this.#options.progress();
    const sum = (of: (scenario: ThreadProgress) => number): number =>
      scenarios.reduce((total, scenario) => total + of(scenario), 0);
    return {
      vusActive: sum(({ activeVus }) => activeVus),
      vusInitialized: sum(({ allocatedVus }) => allocatedVus),
      iterationsCompleted: sum(({ completeIterations }) => completeIterations),
      iterationsInterrupted: sum(({ interruptedIterations }) => interruptedIterations),
      startMs: this.#options.startMs(),
    };
  }
}

/** Creates what runs a script in one thread. */
export function createScriptLoad(options: ScriptLoadOptions): ScriptLoad {
  return new ScriptLoad(options);
}
