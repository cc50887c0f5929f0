import { shareOf } from '../pacing/shard.js';
import { createStripe } from '../pacing/stripe.js';
import { segmentShare } from './execution-segment.js';
import { maxPlanVus, type Plan } from './plan.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';

/**
 * The scenarios as this process runs them: of an execution segment its share of virtual users,
 * iterations and rates; for display. Executors take the whole and a shard.
 */
export function localScenarios({ scenarios, segment }: Plan): readonly ScenarioPlan[] {
  if (segment === undefined) return scenarios;
  const part = { index: 0, count: 1, stripe: createStripe(segment) };
  const share = segmentShare(segment);
  return scenarios.map((scenario) => scaled(scenario, (count) => shareOf(count, part), share));
}

/** The most virtual users that this process can have at once. */
export function localVus(plan: Plan): number {
  return maxPlanVus({ scenarios: localScenarios(plan) });
}

function scaled(scenario: ScenarioPlan, own: (count: number) => number, share: number): ScenarioPlan {
  switch (scenario.executor) {
    case 'constant-vus':
    case 'per-vu-iterations':
      return { ...scenario, vus: own(scenario.vus) };
    case 'shared-iterations':
      return { ...scenario, vus: own(scenario.vus), iterations: own(scenario.iterations) };
    case 'ramping-vus': {
      const stages = scenario.stages.map((stage) => ({ ...stage, target: own(stage.target) }));
      return { ...scenario, startVus: own(scenario.startVus), stages };
    }
    case 'constant-arrival-rate':
    case 'ramping-arrival-rate': {
      const vus = { preAllocatedVus: own(scenario.preAllocatedVus), maxVus: own(scenario.maxVus) };
      if (scenario.executor === 'constant-arrival-rate') return { ...scenario, ...vus, rate: scenario.rate * share };
      const stages = scenario.stages.map((stage) => ({ ...stage, target: stage.target * share }));
      return { ...scenario, ...vus, startRate: scenario.startRate * share, stages };
    }
  }
}
