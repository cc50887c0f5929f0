import type { RunEventRecord, RunHeader, SecondRecord } from '../../run-file/records.js';
import type { ScriptLogLine } from '../script/runtime/script-log.js';
import type { ProgressScenario, ProgressView, ProgressPlan } from '../../summary/k6/progress.js';
import { rateAt } from '../pacing/arrivals.js';
import { localScenarios, localVus } from '../plan/local-scenarios.js';
import type { Plan } from '../plan/plan.js';
import {
  maxScenarioMs,
  maxScenarioVus,
  plannedIterations,
  startingTimeMs,
  type ScenarioPlan,
} from '../executor/scenario-plan.js';
import type { ThreadProgress } from '../thread/progress-cells.js';

/** A run at a moment. */
export type RunProgress = ProgressView;

/**
 * Who wants to know how a run goes. Called on the main thread; must not throw and should return
 * soon.
 */
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

const SECOND_MS = 1000;

/** What an observer is told of a run, from what the threads say of each scenario. */
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
  const limitMs = startingTimeMs(plan);
  const { state, completeIterations, activeVus, allocatedVus } = progress;
  const elapsedMs = Math.min(Math.max(0, progress.elapsedMs - plan.startTimeMs), limitMs);
  const iterations = plannedIterations(plan);
  const fraction = Math.min(1, iterations === undefined ? elapsedMs / limitMs : completeIterations / iterations);
  const now = { state, completeIterations, elapsedMs, fraction, activeVus, allocatedVus };
  return { plan: progressPlan(plan), ...now, perSecond: arrivalsPerSecond(plan, elapsedMs) };
}

function progressPlan(plan: ScenarioPlan): ProgressPlan {
  return {
    name: plan.name,
    maxVus: maxScenarioVus(plan),
    startingMs: startingTimeMs(plan),
    maxMs: maxScenarioMs(plan),
    load: progressLoad(plan),
  };
}

function progressLoad(plan: ScenarioPlan): ProgressPlan['load'] {
  switch (plan.executor) {
    case 'constant-vus':
      return { kind: 'looping' };
    case 'ramping-vus':
      return { kind: 'ramping' };
    case 'shared-iterations':
      return { kind: plan.executor, iterations: plan.iterations };
    case 'per-vu-iterations':
      return { kind: plan.executor, iterations: plan.iterations * plan.vus, perVu: plan.iterations };
    case 'constant-arrival-rate':
      return { kind: 'arrivals', mostPerSecond: (plan.rate * SECOND_MS) / plan.timeUnitMs };
    case 'ramping-arrival-rate': {
      const most = Math.max(plan.startRate, ...plan.stages.map(({ target }) => target));
      return { kind: 'arrivals', mostPerSecond: (most * SECOND_MS) / plan.timeUnitMs };
    }
  }
}

function arrivalsPerSecond(plan: ScenarioPlan, elapsedMs: number): number | undefined {
  if (plan.executor === 'constant-arrival-rate') return (plan.rate * SECOND_MS) / plan.timeUnitMs;
  if (plan.executor === 'ramping-arrival-rate') return (rateAt(plan, elapsedMs) * SECOND_MS) / plan.timeUnitMs;
  return undefined;
}
