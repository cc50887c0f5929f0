import { formatGoDuration } from '../../core/duration.js';
import { maxPlanMs, maxPlanVus, type Plan, type ScenarioPlan } from './plan.js';

/** A scenario in k6's words: `100 looping VUs for 30s (gracefulStop: 30s)`. */
function describeScenario(scenario: ScenarioPlan): string {
  const facts = [`gracefulStop: ${formatGoDuration(scenario.gracefulStopMs)}`];
  switch (scenario.executor) {
    case 'constant-vus':
      return `${scenario.vus} looping VUs for ${formatGoDuration(scenario.durationMs)} (${facts.join(', ')})`;
    case 'shared-iterations':
      facts.unshift(`maxDuration: ${formatGoDuration(scenario.maxDurationMs)}`);
      return `${scenario.iterations} iterations shared among ${scenario.vus} VUs (${facts.join(', ')})`;
    case 'per-vu-iterations':
      facts.unshift(`maxDuration: ${formatGoDuration(scenario.maxDurationMs)}`);
      return `${scenario.iterations} iterations for each of ${scenario.vus} VUs (${facts.join(', ')})`;
  }
}

/** What k6's header says of a plan. */
interface PlanDescription {
  /** `1 scenario, 100 max VUs, 1m0s max duration (incl. graceful stop)`. */
  readonly headline: string;
  /** One line a scenario: `default: 100 looping VUs for 30s (gracefulStop: 30s)`. */
  readonly scenarios: readonly string[];
}

/** A plan in k6's words. */
export function describePlan(plan: Plan): PlanDescription {
  const count = plan.scenarios.length;
  const maxMs = Math.round(maxPlanMs(plan) / 100) * 100;
  return {
    headline:
      `${count} scenario${count === 1 ? '' : 's'}, ${maxPlanVus(plan)} max VUs, ` +
      `${formatGoDuration(maxMs)} max duration (incl. graceful stop)`,
    scenarios: plan.scenarios.map((scenario) => `${scenario.name}: ${describeScenario(scenario)}`),
  };
}
