import { maxPlanVus, startingTimeMs, type Plan, type ScenarioPlan } from './plan/plan.js';
import type { RunProgress, ScenarioProgress } from './run-observer.js';
import type { ThreadProgress } from './thread/progress-cells.js';

/** What an observer is told of a run, from what the thread says of each scenario. */
export function composeProgress(plan: Plan, threads: readonly ThreadProgress[]): RunProgress {
  const sum = (pick: (progress: ThreadProgress) => number): number =>
    threads.reduce((total, progress) => total + pick(progress), 0);
  return {
    elapsedMs: Math.max(0, ...threads.map((progress) => progress.elapsedMs)),
    activeVus: sum((progress) => progress.activeVus),
    initialisedVus: maxPlanVus(plan),
    completeIterations: sum((progress) => progress.completeIterations),
    interruptedIterations: sum((progress) => progress.interruptedIterations),
    scenarios: plan.scenarios.flatMap((scenario, index) => {
      const progress = threads[index];
      return progress === undefined ? [] : [composeScenario(scenario, progress)];
    }),
  };
}

function composeScenario(plan: ScenarioPlan, progress: ThreadProgress): ScenarioProgress {
  const limitMs = startingTimeMs(plan);
  const { state, completeIterations, elapsedMs } = progress;
  const fraction = plan.executor === 'constant-vus' ? elapsedMs / limitMs : completeIterations / totalIterations(plan);
  return { plan, state, completeIterations, elapsedMs: Math.min(elapsedMs, limitMs), fraction: Math.min(1, fraction) };
}

function totalIterations(plan: Exclude<ScenarioPlan, { executor: 'constant-vus' }>): number {
  return plan.executor === 'per-vu-iterations' ? plan.iterations * plan.vus : plan.iterations;
}
