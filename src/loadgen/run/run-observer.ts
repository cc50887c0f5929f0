import type { RunEventRecord, RunHeader, SecondRecord } from '../../run-file/records.js';
import type { ScriptLogLine } from '../script/runtime/script-log.js';
import type { ProgressScenario, ProgressView, ProgressPlan } from '../../summary/k6/progress.js';
import { localScenarios, localVus } from '../plan/local-scenarios.js';
import type { Plan } from '../plan/plan.js';
import { executorOf, maxScenarioMs, maxScenarioVus, startingTimeMs } from '../executor/index.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';
import type { ThreadProgress } from '../thread/progress-cells.js';

/** The state of a run at one moment. */
export type RunProgress = ProgressView;

/**
 * Receives the progress of a run. Called on the main thread; must not throw and should return
 * quickly.
 */
export interface RunObserver {
  /** Called once, when the target has answered and before the first iteration. */
  started?(header: RunHeader): void;
  /** Called every 100 ms, and once more at the end. */
  progressed?(progress: RunProgress): void;
  /** Called after each second. */
  secondEnded?(second: SecondRecord): void;
  /** Receives a line that a script logged, or a line about the script. */
  logged?(line: ScriptLogLine): void;
  /** Receives a stall, an interruption or a warning. */
  happened?(event: RunEventRecord): void;
}

/** Composes the progress of a run from the progress of each scenario in each thread. */
export function composeProgress(plan: Plan, scenarios: readonly ThreadProgress[]): RunProgress {
  const local = localScenarios(plan);
  const sum = (pick: (progress: ThreadProgress) => number): number =>
    scenarios.reduce((total, progress) => total + pick(progress), 0);
  return {
    elapsedMs: Math.max(0, ...scenarios.map((progress) => progress.elapsedMs)),
    activeVus: sum((progress) => progress.activeVus),
    initialisedVus: localVus(plan),
    completeIterations: sum((progress) => progress.completeIterations),
    interruptedIterations: sum((progress) => progress.interruptedIterations),
    scenarios: local.flatMap((scenario, index) => {
      const progress = scenarios[index];
      return progress === undefined ? [] : [composeScenario(scenario, progress)];
    }),
  };
}

function composeScenario(plan: ScenarioPlan, progress: ThreadProgress): ProgressScenario {
  const executor = executorOf(plan);
  const limitMs = startingTimeMs(plan);
  const { state, completeIterations, activeVus, allocatedVus } = progress;
  const elapsedMs = Math.min(Math.max(0, progress.elapsedMs - plan.startTimeMs), limitMs);
  const iterations = executor.iterations(plan);
  const fraction = Math.min(1, iterations === undefined ? elapsedMs / limitMs : completeIterations / iterations);
  const perSecond = executor.model === 'open' ? executor.plannedAt(plan, elapsedMs) : undefined;
  const now = { state, completeIterations, elapsedMs, fraction, activeVus, allocatedVus };
  return { plan: progressPlan(plan), ...now, perSecond };
}

function progressPlan(plan: ScenarioPlan): ProgressPlan {
  return {
    name: plan.name,
    maxVus: maxScenarioVus(plan),
    startingMs: startingTimeMs(plan),
    maxMs: maxScenarioMs(plan),
    load: executorOf(plan).progress(plan),
  };
}
