import { availableParallelism } from 'node:os';
import { executorOf, maxScenarioVus } from '../executor/index.js';
import { builtInOf } from '../scenario/index.js';
import { localScenarios, localVus } from './local-scenarios.js';
import type { Plan } from './plan.js';

/**
 * Default number of threads: one for each core, except one for the main thread and other processes.
 */
export function defaultThreads(): number {
  return Math.max(1, availableParallelism() - 1);
}

/**
 * The number of threads for this process's part of a plan: as many as were asked for, as long as
 * each has a virtual user, also of each arrival rate. Some built-in scenarios run in one thread.
 */
export function countThreads(plan: Plan): number {
  const { behaviour, threads } = plan;
  if (behaviour.type === 'built-in' && builtInOf(behaviour).isSingleThreaded === true) return 1;
  const arrivals = localScenarios(plan)
    .filter((scenario) => executorOf(scenario).model === 'open')
    .map(maxScenarioVus);
  return Math.max(1, Math.min(threads, localVus(plan), ...arrivals));
}
