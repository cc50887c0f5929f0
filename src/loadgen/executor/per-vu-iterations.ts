import { formatGoDuration } from '../../core/duration.js';
import type { ExecutorDefinition } from './executor-definition.js';
import { LoopingVus, readIterations, viewIterations, type IterationsPlan } from './looping-vus.js';

/** Settings of `per-vu-iterations`: a fixed number of iterations for each virtual user. */
export interface PerVuIterationsPlan extends IterationsPlan {
  readonly executor: 'per-vu-iterations';
}

/** k6's per-vu-iterations: the same number of iterations for each virtual user. */
class PerVuIterations extends LoopingVus<PerVuIterationsPlan> {
  readonly #taken = new Map<number, number>();

  protected get startingMs(): number {
    return this.plan.maxDurationMs;
  }

  protected async next(user: number): Promise<boolean> {
    const taken = this.#taken.get(user) ?? 0;
    if (taken >= this.plan.iterations) return false;
    this.#taken.set(user, taken + 1);
    return this.iterate(user, this.deps.clock.now());
  }

  protected countLeftOver(): number {
    const begun = [...this.#taken.values()].reduce((sum, count) => sum + count, 0);
    return this.allocatedVus * this.plan.iterations - begun;
  }
}

export const perVuIterations: ExecutorDefinition<PerVuIterationsPlan> = {
  name: 'per-vu-iterations',
  keys: ['vus', 'iterations', 'maxDuration'],
  model: 'closed',
  holdsConnections: false,
  read: (settings, base) => ({ ...base, executor: 'per-vu-iterations', ...readIterations(settings) }),
  view: viewIterations,
  describe: ({ vus, iterations, maxDurationMs }) => ({
    load: `${iterations} iterations for each of ${vus} VUs`,
    fact: `maxDuration: ${formatGoDuration(maxDurationMs)}`,
  }),
  progress: ({ vus, iterations }) => ({ kind: 'per-vu-iterations', iterations: iterations * vus, perVu: iterations }),
  startingMs: ({ maxDurationMs }) => maxDurationMs,
  maxVus: ({ vus }) => vus,
  initialVus: ({ vus }) => vus,
  iterations: ({ vus, iterations }) => iterations * vus,
  plannedAt: ({ vus }) => vus,
  mostPlanned: ({ vus }) => vus,
  scale: (plan, { countOf }) => ({ ...plan, vus: countOf(plan.vus) }),
  create: (plan, deps) => new PerVuIterations(plan, deps),
};
