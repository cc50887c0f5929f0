import type { ScheduleRow, ScheduleView } from '../../summary/schedule-chart.js';
import { rateAt } from '../pacing/arrivals.js';
import { plannedVus } from '../pacing/stages.js';
import { localScenarios } from './local-scenarios.js';
import type { Plan } from './plan.js';
import { startingTimeMs, type ScenarioPlan } from './scenario-plan.js';

const SECOND_MS = 1000;
const POINTS = 60;

/** What a plan means to do over its time, graceful stops left out, in the middle of each of 60 stretches. What iterations end may be over before. */
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
