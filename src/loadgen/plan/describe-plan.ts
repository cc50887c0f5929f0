import type { ScheduleRow, ScheduleView } from '../../summary/sections/schedule-chart.js';
import { rateAt } from '../pacing/arrivals.js';
import { plannedVus } from '../pacing/stages.js';
import { startingTimeMs, maxScenarioVus, type ScenarioPlan } from '../executor/scenario-plan.js';
import { formatGoDuration } from '../../core/duration.js';
import { localScenarios } from './local-scenarios.js';
import { maxPlanMs, maxPlanVus, type Plan } from './plan.js';
import { segmentShare } from './execution-segment.js';
import { countThreads } from './count-threads.js';

const SECOND_MS = 1000;
const POINTS = 60;

/**
 * What a plan means to do over its time, graceful stops left out, in the middle of each of 60
 * stretches. What iterations end may be over before.
 */
export function planSchedule(plan: Plan): ScheduleView {
  const scenarios = localScenarios(plan);
  const totalMs = Math.max(...scenarios.map((scenario) => scenario.startTimeMs + startingTimeMs(scenario)));
  return { totalMs, rows: scenarios.map((scenario) => scheduleRow(scenario, totalMs)) };
}

function scheduleRow(scenario: ScenarioPlan, totalMs: number): ScheduleRow {
  const values = Array.from({ length: POINTS }, (_, point) => {
    const elapsedMs = ((point + 0.5) * totalMs) / POINTS - scenario.startTimeMs;
    return elapsedMs < 0 || elapsedMs >= startingTimeMs(scenario) ? 0 : plannedAt(scenario, elapsedMs);
  });
  const unit = 'timeUnitMs' in scenario ? 'iterations/s' : 'VUs';
  return { name: scenario.name, unit, values, most: mostPlanned(scenario) };
}

function plannedAt(scenario: ScenarioPlan, elapsedMs: number): number {
  switch (scenario.executor) {
    case 'constant-vus':
    case 'shared-iterations':
    case 'per-vu-iterations':
      return scenario.vus;
    case 'ramping-vus':
      return plannedVus(scenario.startVus, scenario.stages, elapsedMs);
    case 'constant-arrival-rate':
      return (scenario.rate * SECOND_MS) / scenario.timeUnitMs;
    case 'ramping-arrival-rate':
      return (rateAt(scenario, elapsedMs) * SECOND_MS) / scenario.timeUnitMs;
  }
}

function mostPlanned(scenario: ScenarioPlan): number {
  const targets = 'stages' in scenario ? scenario.stages.map(({ target }) => target) : [];
  switch (scenario.executor) {
    case 'constant-vus':
    case 'shared-iterations':
    case 'per-vu-iterations':
      return scenario.vus;
    case 'ramping-vus':
      return Math.max(scenario.startVus, ...targets);
    case 'constant-arrival-rate':
      return (scenario.rate * SECOND_MS) / scenario.timeUnitMs;
    case 'ramping-arrival-rate':
      return (Math.max(scenario.startRate, ...targets) * SECOND_MS) / scenario.timeUnitMs;
  }
}

/** What a scenario does, and the fact about it that stands first in the parentheses behind. */
function describeLoad(scenario: ScenarioPlan): readonly [load: string, fact?: string] {
  const duration = formatGoDuration(startingTimeMs(scenario));
  switch (scenario.executor) {
    case 'constant-vus':
      return [`${scenario.vus} looping VUs for ${duration}`];
    case 'ramping-vus':
      return [
        `Up to ${maxScenarioVus(scenario)} looping VUs for ${duration} over ${scenario.stages.length} stages`,
        `gracefulRampDown: ${formatGoDuration(scenario.gracefulRampDownMs)}`,
      ];
    case 'shared-iterations':
      return [`${scenario.iterations} iterations shared among ${scenario.vus} VUs`, `maxDuration: ${duration}`];
    case 'per-vu-iterations':
      return [`${scenario.iterations} iterations for each of ${scenario.vus} VUs`, `maxDuration: ${duration}`];
    case 'constant-arrival-rate':
      return [`${perSecond(scenario.rate, scenario.timeUnitMs)} iterations/s for ${duration}`, vuRange(scenario)];
    case 'ramping-arrival-rate': {
      const most = Math.max(scenario.startRate, ...scenario.stages.map(({ target }) => target));
      const rate = `Up to ${perSecond(most, scenario.timeUnitMs)} iterations/s`;
      return [`${rate} for ${duration} over ${scenario.stages.length} stages`, vuRange(scenario)];
    }
  }
}

/** A scenario in k6's words: `100 looping VUs for 30s (gracefulStop: 30s)`. */
function describeScenario(scenario: ScenarioPlan): string {
  const [load, fact] = describeLoad(scenario);
  const { exec, startTimeMs, gracefulStopMs } = scenario;
  const facts = [
    fact,
    exec === 'default' ? undefined : `exec: ${exec}`,
    startTimeMs === 0 ? undefined : `startTime: ${formatGoDuration(startTimeMs)}`,
    `gracefulStop: ${formatGoDuration(gracefulStopMs)}`,
  ];
  return `${load} (${facts.filter((text) => text !== undefined).join(', ')})`;
}

function perSecond(rate: number, timeUnitMs: number): string {
  return ((rate * 1000) / timeUnitMs).toFixed(2);
}

function vuRange({ preAllocatedVus, maxVus }: { readonly preAllocatedVus: number; readonly maxVus: number }): string {
  return preAllocatedVus === maxVus ? `maxVUs: ${maxVus}` : `maxVUs: ${preAllocatedVus}-${maxVus}`;
}

/** What k6's header says of a plan. */
interface PlanDescription {
  /** `1 scenario, 100 max VUs, 1m0s max duration (incl. graceful stop)`. */
  readonly headline: string;
  /** One line a scenario: `default: 100 looping VUs for 30s (gracefulStop: 30s)`. */
  readonly scenarios: readonly string[];
  /** The part of the plan that runs here, 0 to 1. */
  readonly segmentShare: number;
  readonly seed: number;
  /** Load threads. */
  readonly threads: number;
}

/** What of a plan runs here, in k6's words. */
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
