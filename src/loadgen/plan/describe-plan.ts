import type { ScheduleRow, ScheduleView } from '../../summary/sections/schedule-chart.js';
import { executorOf, startingTimeMs } from '../executor/index.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';
import { formatGoDuration } from '../../core/duration.js';
import { localScenarios } from './local-scenarios.js';
import { maxPlanMs, maxPlanVus, type Plan } from './plan.js';
import { segmentShare } from './execution-segment.js';
import { countThreads } from './count-threads.js';

const POINTS = 60;

/**
 * The load of a plan over its time, without graceful stops: one value for the middle of each of 60
 * intervals. A scenario that a number of iterations ends may be over earlier.
 */
export function planSchedule(plan: Plan): ScheduleView {
  const scenarios = localScenarios(plan);
  const totalMs = Math.max(...scenarios.map((scenario) => scenario.startTimeMs + startingTimeMs(scenario)));
  return { totalMs, rows: scenarios.map((scenario) => scheduleRow(scenario, totalMs)) };
}

function scheduleRow(scenario: ScenarioPlan, totalMs: number): ScheduleRow {
  const executor = executorOf(scenario);
  const values = Array.from({ length: POINTS }, (_, point) => {
    const elapsedMs = ((point + 0.5) * totalMs) / POINTS - scenario.startTimeMs;
    return elapsedMs < 0 || elapsedMs >= startingTimeMs(scenario) ? 0 : executor.plannedAt(scenario, elapsedMs);
  });
  const unit = executor.model === 'open' ? 'iterations/s' : 'VUs';
  return { name: scenario.name, unit, values, most: executor.mostPlanned(scenario) };
}

/** A scenario in k6's words: `100 looping VUs for 30s (gracefulStop: 30s)`. */
function describeScenario(scenario: ScenarioPlan): string {
  const { load, fact } = executorOf(scenario).describe(scenario);
  const { exec, startTimeMs, gracefulStopMs } = scenario;
  const facts = [
    fact,
    exec === 'default' ? undefined : `exec: ${exec}`,
    startTimeMs === 0 ? undefined : `startTime: ${formatGoDuration(startTimeMs)}`,
    `gracefulStop: ${formatGoDuration(gracefulStopMs)}`,
  ];
  return `${load} (${facts.filter((text) => text !== undefined).join(', ')})`;
}

/** A plan as k6's header shows it. */
interface PlanDescription {
  /** `1 scenario, 100 max VUs, 1m0s max duration (incl. graceful stop)`. */
  readonly headline: string;
  /** One line a scenario: `default: 100 looping VUs for 30s (gracefulStop: 30s)`. */
  readonly scenarios: readonly string[];
  /** The part of the plan that runs here, 0 to 1. */
  readonly segmentShare: number;
  readonly seed: number;
  /** Number of load threads. */
  readonly threads: number;
}

/** Describes the part of a plan that runs in this process, in k6's words. */
export function describePlan(plan: Plan): PlanDescription {
  const scenarios = localScenarios(plan);
  const count = scenarios.length;
  const maxMs = Math.round(maxPlanMs(plan) / 100) * 100;
  return {
    headline:
      `${count} scenario${count === 1 ? '' : 's'}, ${maxPlanVus({ scenarios })} max VUs, ` +
      `${formatGoDuration(maxMs)} max duration (incl. graceful stop)`,
    scenarios: scenarios.map((scenario) => `${scenario.name}: ${describeScenario(scenario)}`),
    segmentShare: segmentShare(plan.segment),
    seed: plan.seed,
    threads: countThreads(plan),
  };
}
