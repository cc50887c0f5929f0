import { availableParallelism } from 'node:os';
import { executorOf, maxScenarioVus } from '../executor/index.js';
import { builtInOf } from '../scenario/index.js';
import { localScenarios, localVus } from './local-scenarios.js';
import type { Plan } from './plan.js';

/**
 * Threads unless told: one for each core but the one that the parent, and what else runs, needs.
 */
export function defaultThreads(): number {
  return Math.max(1, availableParallelism() - 1);
}

/**
 * How many threads run what this process has of a plan: what is wanted, but each with a virtual
 * user, and of each arrival rate with one that may be its. `storm` and `fan-out` run in one:
 * somebody has to know when all are back, and who awaits a message.
 */
export function countThreads(plan: Plan): number {
  const { behaviour, threads } = plan;
  if (behaviour.type === 'built-in' && builtInOf(behaviour).isSingleThreaded === true) return 1;
  const arrivals = localScenarios(plan)
    .filter((scenario) => executorOf(scenario).model === 'open')
    .map(maxScenarioVus);
  return Math.max(1, Math.min(threads, localVus(plan), ...arrivals));
}
