import { executorOf } from '../executor/index.js';
import { shareOf } from '../pacing/shard.js';
import { createStripe } from '../pacing/stripe.js';
import { segmentShare } from './execution-segment.js';
import { maxPlanVus, type Plan } from './plan.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';

/**
 * The scenarios of this process: with an execution segment its share of virtual users, iterations
 * and rates. For display only: executors take the whole plan and a shard.
 */
export function localScenarios({ scenarios, segment }: Plan): readonly ScenarioPlan[] {
  if (segment === undefined) return scenarios;
  const part = { index: 0, count: 1, stripe: createStripe(segment) };
  const own = { share: segmentShare(segment), countOf: (total: number): number => shareOf(total, part) };
  return scenarios.map((scenario) => executorOf(scenario).scale(scenario, own));
}

/** The most virtual users that this process can have at once. */
export function localVus(plan: Plan): number {
  return maxPlanVus({ scenarios: localScenarios(plan) });
}
