import type { ProgressPlan, ProgressScenario } from '../summary/progress.js';
import { rateAt } from './pacing/arrivals.js';
import { localScenarios, localVus } from './plan/local-scenarios.js';
import type { Plan } from './plan/plan.js';
import {
  maxScenarioMs,
  maxScenarioVus,
  plannedIterations,
  startingTimeMs,
  type ScenarioPlan,
} from './plan/scenario-plan.js';
import type { RunProgress } from './run-observer.js';
import type { ThreadProgress } from './thread/progress-cells.js';

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
